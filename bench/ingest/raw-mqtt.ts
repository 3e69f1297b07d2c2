/** MQTT 3.1.1 packets as bytes, made beforehand, so that the load costs next to nothing while it is sent. */

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

function packet(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = body.length; ; rest = rest >> 7) {
    length.push((rest & 127) | (rest > 127 ? 128 : 0))
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

const id = (value: number) => Buffer.from([value >> 8, value & 255])

export const connectPacket = (client: string, password: string | null): Buffer => {
  const flags = 0x02 | (password === null ? 0 : 0xc0)
  const login = password === null ? [] : [text(client), text(password)]
  return packet(0x10, text('MQTT'), Buffer.from([4, flags, 0, 0]), text(client), ...login)
}
export const subscribePacket = (topic: string): Buffer => packet(0x82, id(1), text(topic), Buffer.from([0]))
export const publishPacket = (topic: string, payload: Uint8Array): Buffer => packet(0x30, text(topic), payload)
export const publishQos1Packet = (topic: string, payload: Uint8Array, nth: number): Buffer =>
  packet(0x32, text(topic), id(1 + (nth % 65_535)), payload)

export const CONNACK = 2
export const PUBLISH = 3
export const PUBACK = 4

/** Cuts a stream into packets. */
export function createSplitter(onPacket: (type: number, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      let length = 0
      let at = 1
      for (let shift = 0; ; shift += 7) {
        const byte = rest[at++]
        if (byte === undefined) return
        length |= (byte & 127) << shift
        if (byte < 128) break
      }
      if (rest.length < at + length) return
      onPacket((rest[0] as number) >> 4, rest.subarray(at, at + length))
      rest = rest.subarray(at + length)
    }
  }
}
