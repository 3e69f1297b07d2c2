import {
  encodePuback,
  encodePublish,
  MAX_INCOMING_BYTES,
  MqttDecoder,
  type ServerPacket,
} from '@minewarden/edge/shell/mqtt-codec.ts'
import { MAX_IN_FLIGHT, MqttInFlight } from '@minewarden/edge/shell/mqtt-inflight.ts'
import { stepKeepalive } from '@minewarden/edge/shell/mqtt-keepalive.ts'
import fc from 'fast-check'
import { generate } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

const topic = fc.stringMatching(/^[a-zA-Z0-9/]{1,30}$/)
const id = fc.integer({ min: 1, max: 65_535 })
const payload = fc.uint8Array({ maxLength: 400 })
/** What a good server says, with its bytes. */
const spoken = fc.oneof(
  id.map((id) => ({ bytes: encodePuback(id), packet: { kind: 'puback', id } })),
  fc.tuple(topic, payload, fc.option(id)).map(([topic, payload, id]) => ({
    bytes: encodePublish({ topic, payload, qos: id === null ? 0 : 1 }, id),
    packet: { kind: 'publish', topic, payload, id },
  })),
  fc.tuple(id, fc.array(fc.constantFrom(0, 1, 128), { minLength: 1, maxLength: 5 })).map(([id, granted]) => ({
    bytes: generate({ cmd: 'suback', messageId: id, granted }),
    packet: { kind: 'suback', id, granted },
  })),
  fc.constant({ bytes: generate({ cmd: 'pingresp' }) as Uint8Array, packet: { kind: 'pingresp' } }),
)

/** Pushes bytes in chunks of these lengths, again and again. */
function pushAll(bytes: Uint8Array, lengths: readonly number[]): { packets: ServerPacket[]; error: string | null } {
  const decoder = new MqttDecoder()
  const packets: ServerPacket[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number
    const decoded = decoder.push(bytes.subarray(at, at + length))
    packets.push(...decoded.packets)
    if (decoded.error !== null) return { packets, error: decoded.error }
    at += length
  }
  return { packets, error: null }
}
const plain = (packet: object) =>
  'payload' in packet ? { ...packet, payload: [...(packet.payload as Uint8Array)] } : packet
const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 })

describe('the MQTT codec', () => {
  it('reads what a server says, however the bytes are cut', () => {
    const property = fc.property(fc.array(spoken, { maxLength: 12 }), lengths, (said, cuts) => {
      const { packets, error } = pushAll(Buffer.concat(said.map(({ bytes }) => bytes)), cuts)
      expect(error).toBeNull()
      expect(packets.map(plain)).toEqual(said.map(({ packet }) => plain(packet)))
    })
    fc.assert(property, { numRuns: fuzzRuns(300) })
  })

  it('never throws at any bytes, and what it reads of them is well formed', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 600 }), lengths, (bytes, cuts) => {
      for (const packet of pushAll(bytes, cuts).packets)
        expect(packet.kind).toMatch(/^(connack|publish|puback|suback|pingresp)$/)
    })
    fc.assert(property, { numRuns: fuzzRuns(2000) })
  })

  it('reads all before a damage, and nothing wrong of what one flipped byte leaves whole', () => {
    const property = fc.property(
      fc.array(spoken, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (said, where, flip) => {
        const bytes = new Uint8Array(Buffer.concat(said.map(({ bytes }) => bytes)))
        const at = where % bytes.length
        bytes[at] = (bytes[at] as number) ^ flip
        const ends = said.map((_, i) => said.slice(0, i + 1).reduce((sum, { bytes }) => sum + bytes.length, 0))
        const before = said.filter((_, i) => (ends[i] as number) <= at)
        expect(pushAll(bytes, [50]).packets.slice(0, before.length).map(plain)).toEqual(
          before.map(({ packet }) => plain(packet)),
        )
      },
    )
    fc.assert(property, { numRuns: fuzzRuns(1000) })
  })

  it('lets no packet wait that is larger than its ceiling', () => {
    const decoder = new MqttDecoder()
    const chunk = new Uint8Array(65_536)
    decoder.push(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f]))
    let pushed = 0
    while (decoder.push(chunk).error === null) pushed += chunk.length
    expect(pushed).toBeLessThanOrEqual(MAX_INCOMING_BYTES)
    expect(decoder.push(chunk).packets).toEqual([])
  })
})

describe('messages in flight', () => {
  it('never gives a number that is in use, and none beyond 65535', async () => {
    const inFlight = new MqttInFlight()
    const { id: slow } = inFlight.begin('puback', 0)
    for (let i = 0; i < 70_000; i++) {
      const { id } = inFlight.begin('puback', i)
      expect(id !== slow && id >= 1 && id <= 65_535).toBe(true)
      inFlight.end('puback', id)
    }
    expect(inFlight.size).toBe(1)
    expect(inFlight.end('suback', slow)).toBe(false)
    for (let i = 1; i < MAX_IN_FLIGHT; i++) inFlight.begin('puback', 0).answer.catch(() => undefined)
    expect(() => inFlight.begin('puback', 0)).toThrow(/wait/)
  })
})

describe('the keep-alive', () => {
  it.each([
    ['waits while both sides speak', { heardMs: 900, sentMs: 900, askedMs: 0 }, 1000, { kind: 'wait', untilMs: 1400 }],
    ['asks when nothing was heard for half of it', { heardMs: 400, sentMs: 990, askedMs: 0 }, 1000, { kind: 'ask' }],
    ['asks when nothing was said for half of it', { heardMs: 990, sentMs: 400, askedMs: 0 }, 1000, { kind: 'ask' }],
    ['does not ask twice at once', { heardMs: 0, sentMs: 990, askedMs: 900 }, 1000, { kind: 'wait', untilMs: 1400 }],
    ['gives up after one and a half', { heardMs: 0, sentMs: 1490, askedMs: 1400 }, 1500, { kind: 'dead' }],
  ])('%s', (_, state, now, step) => {
    expect(stepKeepalive(state, 1000, now)).toEqual(step)
  })
})
