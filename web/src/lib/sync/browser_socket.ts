// The browser's WebSocket, dialled with a ticket as a subprotocol: the address holds nothing that may be logged.
import type { Socket, SocketListener } from './connection';

const PROTOCOL = 'sealmate.v1';

export function dialBrowser(ticket: string, listener: SocketListener): Socket {
  const address = new URL('/ws', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address, [PROTOCOL, `ticket.${ticket}`]);
  socket.addEventListener('open', () => listener.opened());
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') listener.received(data);
  });
  socket.addEventListener('close', () => listener.closed());
  return socket;
}
