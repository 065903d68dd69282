/** Splits what a server sent, handshake included, into the texts of its frames and its close frame (RFC 6455, section 5.2). */
export function framesOf(bytes: Buffer): { texts: string[]; close: { code: number; reason: string } | null } {
  const texts: string[] = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at + 2 <= bytes.length) {
    const opcode = bytes.readUInt8(at) & 0x0f;
    const short = bytes.readUInt8(at + 1) & 0x7f;
    const headerLength = short === 127 ? 10 : short === 126 ? 4 : 2;
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const payload = bytes.subarray(at + headerLength, at + headerLength + length);
    if (opcode === 8) return { texts, close: { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) } };
    if (opcode === 1) texts.push(payload.toString("utf8"));
    at += headerLength + length;
  }
  return { texts, close: null };
}
