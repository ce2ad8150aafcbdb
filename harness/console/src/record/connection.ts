/** The page's line to its machine. */
import type { FromPage, ToPage } from '../../../live/protocol.js';

export interface Line {
  send(message: FromPage): void;
}

export interface Listener {
  said: (message: ToPage) => void;
  picture: (png: Blob) => void;
  closed: () => void;
}

/** The token is in the page's address, after the hash. */
export function connect({ said, picture, closed }: Listener): Line {
  const token = location.hash.slice(1);
  const socket = new WebSocket(`ws://${location.host}/live?token=${encodeURIComponent(token)}`);
  socket.binaryType = 'blob';
  socket.onmessage = ({ data }: MessageEvent<string | Blob>) => {
    if (typeof data === 'string') said(JSON.parse(data) as ToPage);
    else picture(data);
  };
  socket.onclose = closed;
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
  };
}
