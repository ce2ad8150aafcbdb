/**
 * The virtual server: machines that live on a host, each a folder and, while it runs, a process of its own; the daemon that
 * keeps them, its API and its rights. It drives machines with the SDK as everybody does, and never imports Playwright.
 */
