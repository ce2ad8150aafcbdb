/** What a page needs of the engine that runs in a browser. No Node in here, nor in what it imports. */
export { BlankBlocks, BytesBlocks } from './v86/core/bytes-blocks.js';
export { startInBrowser, type BrowserMachineParts, type BrowserSession } from './v86/browser/session.js';
export type { CallName, Calls, Request, ToOwner } from './v86/core/protocol.js';
