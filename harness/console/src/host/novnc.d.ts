/** What the page uses of noVNC, which has no types of its own. */
declare module '@novnc/novnc' {
  interface Credentials {
    password?: string;
  }
  export default class RFB extends EventTarget {
    constructor(target: Element, url: string, options?: { shared?: boolean; credentials?: Credentials });
    viewOnly: boolean;
    focusOnClick: boolean;
    scaleViewport: boolean;
    resizeSession: boolean;
    clipViewport: boolean;
    showDotCursor: boolean;
    background: string;
    qualityLevel: number;
    compressionLevel: number;
    disconnect(): void;
    /** X11 keysym; without `down`: pressed and released. */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    focus(options?: FocusOptions): void;
    blur(): void;
  }
}
