/**
 * Ethernet frames, as far as a host with one IPv4 address needs them: ARP, and TCP. Checksums are made and not checked:
 * the cable is a unix socket, which changes no bit. What comes from the guest may be anything; what is cut short, in
 * fragments or not for this host is no segment.
 */

/** Four bytes of an IPv4 address. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** The hardware address of a host, made of its IPv4 address as QEMU's own network does it. */
export function macOf(address: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x52, 0x55]), address]);
}

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Who is at the other end. */
export interface Peer {
  readonly mac: Buffer;
  readonly address: Buffer;
  readonly port: number;
}

export interface Segment {
  /** Port on this side. */
  readonly port: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  /** Largest segment that is taken; only with SYN. */
  readonly mss: number | null;
  readonly data: Buffer;
}

export type Received =
  | { readonly kind: 'arp'; readonly mac: Buffer; readonly address: Buffer }
  | { readonly kind: 'tcp'; readonly peer: Peer; readonly segment: Segment }
  /** For this host, and nothing that it answers. */
  | { readonly kind: 'ignored' }
  /** For somebody else. */
  | { readonly kind: 'foreign' };

const ETHERNET = 14;
const IPV4 = 0x0800;
const ARP = 0x0806;
const TCP = 6;
const LONGEST_MSS = 1460;
/** What a host that names none takes. */
const USUAL_MSS = 536;
const IGNORED: Received = { kind: 'ignored' };

/** @param own the address of this host */
export function readFrame(frame: Buffer, own: Buffer): Received {
  if (frame.length < ETHERNET + 20) return { kind: 'foreign' };
  const packet = frame.subarray(ETHERNET);
  switch (frame.readUInt16BE(12)) {
    case ARP:
      return readArp(packet, own);
    case IPV4:
      return packet.subarray(16, 20).equals(own)
        ? readTcp(packet, Buffer.from(frame.subarray(6, 12)))
        : { kind: 'foreign' };
    default:
      return { kind: 'foreign' };
  }
}

function readArp(packet: Buffer, own: Buffer): Received {
  const isRequest = packet.length >= 28 && packet.readUInt16BE(6) === 1 && packet.subarray(24, 28).equals(own);
  if (!isRequest) return { kind: 'foreign' };
  return { kind: 'arp', mac: Buffer.from(packet.subarray(8, 14)), address: Buffer.from(packet.subarray(14, 18)) };
}

function readTcp(packet: Buffer, mac: Buffer): Received {
  const [versionAndLength = 0] = packet;
  const headerEnd = (versionAndLength & 0x0f) * 4;
  const end = packet.readUInt16BE(2);
  // More fragments, or not the first.
  const fragment = (packet.readUInt16BE(6) & 0x3fff) !== 0;
  if (versionAndLength >> 4 !== 4 || headerEnd < 20 || fragment || packet[9] !== TCP) return IGNORED;
  if (end > packet.length || end < headerEnd + 20) return IGNORED;
  const tcp = packet.subarray(headerEnd, end);
  const dataStart = ((tcp[12] ?? 0) >> 4) * 4;
  if (dataStart < 20 || dataStart > tcp.length) return IGNORED;
  return {
    kind: 'tcp',
    peer: { mac, address: Buffer.from(packet.subarray(12, 16)), port: tcp.readUInt16BE(0) },
    segment: {
      port: tcp.readUInt16BE(2),
      seq: tcp.readUInt32BE(4),
      ack: tcp.readUInt32BE(8),
      flags: tcp[13] ?? 0,
      window: tcp.readUInt16BE(14),
      mss: mssIn(tcp.subarray(20, dataStart)),
      data: Buffer.from(tcp.subarray(dataStart)),
    },
  };
}

function mssIn(options: Buffer): number | null {
  for (let at = 0; at < options.length;) {
    const kind = options[at];
    if (kind === 0) break;
    const length = kind === 1 ? 1 : (options[at + 1] ?? 0);
    if (length < 1 || (kind !== 1 && length < 2)) break;
    if (kind === 2 && length === 4 && at + 4 <= options.length) return options.readUInt16BE(at + 2);
    at += length;
  }
  return null;
}

/** The largest segment that a guest is sent, after what it said in its SYN. */
export function sendableMss(mss: number | null): number {
  return Math.min(LONGEST_MSS, Math.max(mss ?? USUAL_MSS, 64));
}

/** "I have this address", for somebody who asked. */
export function arpReply(own: Buffer, to: { mac: Buffer; address: Buffer }): Buffer {
  const mac = macOf(own);
  const ethernetIpv4Reply = Buffer.from([0, 1, 8, 0, 6, 4, 0, 2]);
  // Padded to the shortest frame that Ethernet has.
  return Buffer.concat([to.mac, mac, Buffer.from([8, 6]), ethernetIpv4Reply, mac, own, to.mac, to.address], 60);
}

export function tcpFrame(own: Buffer, to: Peer, segment: Segment): Buffer {
  const options = segment.mss === null ? Buffer.alloc(0) : Buffer.from([2, 4, segment.mss >> 8, segment.mss & 0xff]);
  const tcp = Buffer.concat([Buffer.alloc(20), options, segment.data]);
  tcp.writeUInt16BE(segment.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(segment.seq >>> 0, 4);
  tcp.writeUInt32BE(segment.ack >>> 0, 8);
  tcp.writeUInt8(((20 + options.length) / 4) << 4, 12);
  tcp.writeUInt8(segment.flags, 13);
  tcp.writeUInt16BE(segment.window, 14);
  const pseudoHeader = Buffer.concat([own, to.address, Buffer.from([0, TCP, tcp.length >> 8, tcp.length & 0xff])]);
  tcp.writeUInt16BE(checksum(Buffer.concat([pseudoHeader, tcp])), 16);

  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(20 + tcp.length, 2);
  // Never in fragments.
  ip.writeUInt16BE(0x4000, 6);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(TCP, 9);
  own.copy(ip, 12);
  to.address.copy(ip, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  const frame = Buffer.concat([to.mac, macOf(own), Buffer.from([8, 0]), ip, tcp]);
  return frame.length < 60 ? Buffer.concat([frame], 60) : frame;
}

/** The Internet's: the complement of the sum of 16-bit words with end-around carry. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  if (bytes.length % 2 === 1) sum += (bytes.at(-1) ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
