// Bits in and out, and text that survives any LMS: base64url. Twin of the sizes in courses/packages/state_size.py; pure.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BITS_A_CHARACTER = 6;
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A text cannot be what it says it is: cut, changed on its way, or of a later version. */
export class BrokenText extends Error {}

export class BitWriter {
  bits = [];

  write(value, width) {
    for (let place = width - 1; place >= 0; place -= 1) this.bits.push(Math.floor(value / 2 ** place) % 2);
  }

  /** A count of unknown size: as many zeros as it has further bits, then the bits (Elias gamma of value + 1). */
  writeCount(value) {
    const width = Math.floor(Math.log2(value + 1)) + 1;
    this.write(0, width - 1);
    this.write(value + 1, width);
  }

  writeRice(value, k) {
    for (let rest = Math.floor(value / 2 ** k); rest > 0; rest -= 1) this.bits.push(1);
    this.bits.push(0);
    this.write(value % 2 ** k, k);
  }

  text() {
    let text = "";
    for (let at = 0; at < this.bits.length; at += BITS_A_CHARACTER) {
      let value = 0;
      for (let place = 0; place < BITS_A_CHARACTER; place += 1) value = value * 2 + (this.bits[at + place] ?? 0);
      text += ALPHABET[value];
    }
    return text;
  }
}

export class BitReader {
  at = 0;

  constructor(text) {
    this.bits = [];
    for (const character of text) {
      const value = ALPHABET.indexOf(character);
      if (value < 0) throw new BrokenText(`no such character: ${character}`);
      for (let place = BITS_A_CHARACTER - 1; place >= 0; place -= 1) this.bits.push((value >> place) & 1);
    }
  }

  read(width) {
    if (this.at + width > this.bits.length) throw new BrokenText("ends too early");
    let value = 0;
    for (let place = 0; place < width; place += 1) value = value * 2 + this.bits[this.at + place];
    this.at += width;
    return value;
  }

  readCount() {
    let width = 1;
    while (this.read(1) === 0) width += 1;
    return 2 ** (width - 1) + this.read(width - 1) - 1;
  }

  readRice(k) {
    let rest = 0;
    while (this.read(1) === 1) rest += 1;
    return rest * 2 ** k + this.read(k);
  }
}

/** FNV-1a with a last mix: 32 bits of an ASCII or any other text, as an unsigned number. */
export function hash32(text) {
  let hash = FNV_START;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Four characters that change when the text does. */
export function checksum(text) {
  const writer = new BitWriter();
  writer.write(hash32(text) >>> 8, 24);
  return writer.text();
}
