/** How large a FAT file system says that it is, from its first sector (Microsoft's FAT specification 1.03, "BPB"). */

/**
 * @param start its first 512 bytes
 * @param size bytes of its partition: more than that is not believed
 */
export function fatSpace(start: Uint8Array, size: number): { clusterBytes: number; clusters: number } {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const sectorBytes = view.getUint16(11, true);
  const clusterBytes = sectorBytes * view.getUint8(13);
  const sectors = Math.min(
    view.getUint16(19, true) || view.getUint32(32, true),
    Math.floor(size / Math.max(1, sectorBytes)),
  );
  const fatSectors = view.getUint16(22, true) || view.getUint32(36, true);
  const rootBytes = view.getUint16(17, true) * 32;
  const before = view.getUint16(14, true) + view.getUint8(16) * fatSectors + Math.ceil(rootBytes / sectorBytes);
  const clusters = clusterBytes === 0 ? 0 : Math.floor(((sectors - before) * sectorBytes) / clusterBytes);
  return { clusterBytes, clusters: Math.max(0, clusters) };
}
