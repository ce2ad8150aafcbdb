/** RFB, the protocol of VNC (RFC 6143 and the extensions of the community's `rfbproto`): a server for screens, and a client. */
export { ScreenBoard } from './screen-board.js';
export { RfbSession, type SessionEnd } from './session.js';
