import { existsSync, readFileSync } from 'node:fs'
import { HostPresence } from '@minewarden/protocol/sparkplug/host-presence.ts'
import {
  type HostAction,
  HostSession,
  type HostSessionOptions,
  MAX_DEVICES_PER_NODE,
} from '@minewarden/protocol/sparkplug/host-session.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'

const OPTIONS: HostSessionOptions = {
  reorderTimeoutMs: 2_000,
  rebirthIntervalMs: 10_000,
  rebirthCeilingMs: 60_000,
  silenceMs: 30_000,
}
const T0 = instant(1_700_000_000_000)
const later = (ms: number): Instant => instant(T0 + ms)

type Step = readonly [
  at: number,
  what: (session: HostSession<string>, at: Instant) => readonly HostAction[],
  expected: readonly (string | Partial<HostAction>)[],
]

const nbirth =
  (seq = 0, bdSeq: number | null = 7, timestamp: number = T0) =>
  (session: HostSession<string>, at: Instant) =>
    session.nodeBirth({ seq, bdSeq, timestamp, layout: 'node' }, at)
const dbirth =
  (device: string, seq: number, layout = device) =>
  (session: HostSession<string>, at: Instant) =>
    session.deviceBirth(device, { seq, timestamp: at, layout }, at)
const data = (device: string | null, seq: number, timestamp?: number) => (session: HostSession<string>, at: Instant) =>
  session.data(device, { seq, timestamp: timestamp ?? at }, at)
const ddeath = (device: string, seq: number, timestamp?: number) => (session: HostSession<string>, at: Instant) =>
  session.deviceDeath(device, { seq, timestamp: timestamp ?? at }, at)
const ndeath = (bdSeq: number | null) => (session: HostSession<string>, at: Instant) => session.nodeDeath(bdSeq, at)
const tick = (session: HostSession<string>, at: Instant) => session.tick(at)
const unknown = (session: HostSession<string>, at: Instant) => session.unknownMetric(at)

const returned = (session: HostSession<string>, at: Instant) => {
  session.hostReturned(at)
  return []
}

const REBIRTH = { kind: 'request-rebirth' } as const

interface Case {
  readonly name: string
  readonly ids: readonly string[]
  readonly steps: readonly Step[]
}

const CASES: readonly Case[] = [
  {
    name: 'a node is online from its birth, a device from its own',
    ids: ['payloads-sequence-num-req-nbirth'],
    steps: [
      [0, nbirth(), [{ kind: 'node-online', at: T0 }]],
      [5, dbirth('meter', 1), [{ kind: 'device-online', device: 'meter', at: later(5) }]],
      [6, data('meter', 2), []],
    ],
  },
  {
    name: 'sequence numbers wrap from 255 to 0 without a complaint',
    ids: ['payloads-sequence-num-incrementing'],
    steps: [
      [0, nbirth(253), ['node-online']],
      [1, dbirth('meter', 254), ['device-online']],
      [2, data('meter', 255), []],
      [3, data('meter', 0), []],
      [9_000, tick, []],
    ],
  },
  {
    name: 'a gap that is filled in time asks for nothing',
    ids: ['operational-behavior-host-reordering-start', 'operational-behavior-host-reordering-success'],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, dbirth('meter', 1), ['device-online']],
      [2, data('meter', 4), []],
      [3, data('meter', 2), []],
      [4, data('meter', 3), []],
      [5, data('meter', 5), []],
      [60_000, tick, []],
    ],
  },
  {
    name: 'a gap that is not filled asks for a rebirth when the reorder timeout ends, and not before',
    ids: ['operational-behavior-host-reordering-param', 'operational-behavior-host-reordering-rebirth'],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, dbirth('meter', 1), ['device-online']],
      [100, data('meter', 3), []],
      [2_099, tick, []],
      [2_100, tick, [{ kind: 'request-rebirth', reason: 'sequence-gap' }]],
      [2_200, tick, []],
    ],
  },
  {
    name: 'a clock that is set back ends the reorder timeout instead of stretching it',
    ids: [],
    steps: [
      [0, nbirth(), ['node-online']],
      [1_000, data(null, 3), []],
      [-3_600_000, tick, [REBIRTH]],
    ],
  },
  {
    name: 'DATA before a birth asks for one, and is not used',
    ids: [],
    steps: [
      [
        0,
        data('meter', 9),
        [
          { kind: 'ignored', why: 'not-born' },
          { kind: 'request-rebirth', reason: 'data-before-birth' },
        ],
      ],
      [1, data('meter', 10), [{ kind: 'ignored', why: 'not-born' }]],
    ],
  },
  {
    name: 'DATA of a device that was not born asks for a birth',
    ids: [],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, data('meter', 1), ['ignored', REBIRTH]],
    ],
  },
  {
    name: 'rebirth requests are spaced out, doubling while no birth answers, and start anew after one',
    ids: [],
    steps: [
      [0, data('meter', 1), ['ignored', REBIRTH]],
      [9_999, tick, []],
      [10_000, data('meter', 2), ['ignored', REBIRTH]],
      [10_001, data('meter', 3), ['ignored']],
      [29_999, tick, []],
      [30_000, tick, [REBIRTH]],
      [30_500, nbirth(), ['node-online']],
      [50_000, unknown, [{ kind: 'request-rebirth', reason: 'unknown-metric' }]],
      [50_001, unknown, []],
      [60_000, tick, [REBIRTH]],
    ],
  },
  {
    name: 'a request that was owed is forgotten when the birth comes by itself',
    ids: [],
    steps: [
      [0, data('meter', 1), ['ignored', REBIRTH]],
      [1, data('meter', 2), ['ignored']],
      [2, nbirth(), ['node-online']],
      [60_000, tick, []],
    ],
  },
  {
    name: 'NDEATH makes the node and all its devices stale at the host time',
    ids: [
      'operational-behavior-edge-node-termination-host-action-ndeath-node-offline',
      'operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale',
      'operational-behavior-edge-node-termination-host-action-ndeath-devices-offline',
      'operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale',
    ],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, dbirth('meter', 1), ['device-online']],
      [2, dbirth('geophone', 2), ['device-online']],
      [
        500,
        ndeath(7),
        [
          { kind: 'node-offline', at: later(500) },
          { kind: 'device-offline', device: 'meter', at: later(500) },
          { kind: 'device-offline', device: 'geophone', at: later(500) },
        ],
      ],
      [600, data('meter', 3), ['ignored', REBIRTH]],
    ],
  },
  {
    name: 'the late will of an earlier connection kills nobody',
    ids: ['payloads-ndeath-bdseq'],
    steps: [
      [0, nbirth(0, 6), ['node-online']],
      [1, nbirth(0, 7), []],
      [2, ndeath(6), [{ kind: 'ignored', why: 'old-death' }]],
      [3, data(null, 1), []],
      [4, ndeath(7), ['node-offline']],
      [5, ndeath(7), ['ignored']],
    ],
  },
  {
    name: 'DDEATH makes one device stale since the time of its payload',
    ids: [
      'operational-behavior-edge-node-termination-host-action-ddeath-devices-offline',
      'operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale',
    ],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, dbirth('meter', 1), ['device-online']],
      [2, dbirth('geophone', 2), ['device-online']],
      [900, ddeath('meter', 3, T0 + 850), [{ kind: 'device-offline', device: 'meter', at: later(850) }]],
      [950, data('meter', 4), ['ignored', REBIRTH]],
      [960, data('geophone', 5), []],
    ],
  },
  {
    name: 'a rebirth keeps what is reborn online and lets go of what is not',
    ids: [],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, dbirth('meter', 1), ['device-online']],
      [2, dbirth('geophone', 2), ['device-online']],
      [1_000, nbirth(0, 7, T0 + 1_000), []],
      [1_001, dbirth('meter', 1), []],
      [2_000, tick, []],
      [3_000, tick, [{ kind: 'device-offline', device: 'geophone', at: later(3_000) }]],
    ],
  },
  {
    name: 'DATA from before a rebirth that arrives after it is not decoded with the new layout',
    ids: [],
    steps: [
      [0, nbirth(), ['node-online']],
      [1, dbirth('meter', 1), ['device-online']],
      [1_000, nbirth(0, 7, T0 + 1_000), []],
      [1_001, dbirth('meter', 1), []],
      [1_002, data('meter', 77, T0 + 900), [{ kind: 'ignored', why: 'old-session' }]],
      [1_003, data('meter', 2), []],
      [9_000, tick, []],
    ],
  },
  {
    name: 'a node whose clock is set back and that loses a message is asked for a birth, not ignored for ever',
    ids: ['operational-behavior-host-reordering-rebirth'],
    steps: [
      [0, nbirth(0, 7, T0 + 3_600_000), ['node-online']],
      [5, dbirth('meter', 1), ['device-online']],
      [10, data('meter', 3, T0 + 10), [{ kind: 'ignored', why: 'old-session' }]],
      [1_000, data('meter', 4, T0 + 1_000), ['ignored']],
      [2_005, tick, []],
      [2_010, tick, [{ ...REBIRTH, reason: 'sequence-gap' }]],
      [2_100, nbirth(0, 7, T0 + 2_100), []],
      [2_101, dbirth('meter', 1), []],
      [2_102, data('meter', 2), []],
      [9_000, tick, []],
    ],
  },
  {
    name: 'a node of which nothing is heard since the host is back is asked, and then counts as gone',
    ids: [],
    steps: [
      [0, nbirth(), ['node-online']],
      [5, dbirth('meter', 1), ['device-online']],
      [10_000, returned, []],
      [15_000, (session, at) => session.hostStarted(at), [{ ...REBIRTH, reason: 'host-started' }]],
      [39_999, tick, []],
      [40_000, tick, [{ kind: 'node-offline', at: later(40_000) }, 'device-offline']],
      [40_001, tick, []],
    ],
  },
  {
    name: 'a node that is heard again since the host is back stays online',
    ids: [],
    steps: [
      [0, nbirth(), ['node-online']],
      [10_000, returned, []],
      [11_000, data(null, 1), []],
      [15_000, (session, at) => session.hostStarted(at), []],
      [60_000, tick, []],
    ],
  },
]

describe('a host keeps the session of an edge node', () => {
  test.each(CASES)('$name', ({ steps }) => {
    const session = new HostSession<string>(OPTIONS)
    for (const [at, what, expected] of steps) {
      const actions = what(session, later(at))
      expect(actions).toHaveLength(expected.length)
      for (const [i, each] of expected.entries())
        expect(actions[i]).toMatchObject(typeof each === 'string' ? { kind: each } : each)
    }
  })

  test('a message out of order is decoded at once with the layout that stands', () => {
    const session = new HostSession<string>(OPTIONS)
    nbirth()(session, T0)
    dbirth('meter', 1)(session, T0)
    data('meter', 9)(session, T0)
    expect(session.layoutOf('meter')).toBe('meter')
    expect(session.layoutOf(null)).toBe('node')
  })

  test('after a death nothing is decoded until the next birth', () => {
    const session = new HostSession<string>(OPTIONS)
    nbirth()(session, T0)
    dbirth('meter', 1)(session, T0)
    ndeath(7)(session, later(1))
    expect([session.layoutOf('meter'), session.layoutOf(null), session.online]).toEqual([null, null, false])
    expect(session.devices.get('meter')).toMatchObject({ online: false, since: later(1) })
  })

  test('a node cannot fill the memory with devices', () => {
    const session = new HostSession<string>(OPTIONS)
    nbirth()(session, T0)
    for (let i = 0; i < MAX_DEVICES_PER_NODE; i++) dbirth(`d${i}`, (i + 1) % 256)(session, T0)
    expect(dbirth('one-more', (MAX_DEVICES_PER_NODE + 1) % 256)(session, T0)).toEqual([
      { kind: 'ignored', why: 'too-many-devices' },
    ])
    expect(session.devices.size).toBe(MAX_DEVICES_PER_NODE)
    ddeath('d0', 1)(session, later(1))
    expect(dbirth('one-more', 2)(session, later(2))).toMatchObject([{ kind: 'device-online', device: 'one-more' }])
    expect(session.devices.has('d0')).toBe(false)
    expect(session.devices.size).toBe(MAX_DEVICES_PER_NODE)
  })

  test('a host that has just started asks each silent node once, and no node that was born', () => {
    const silent = new HostSession<string>(OPTIONS)
    expect(silent.hostStarted(T0)).toMatchObject([{ kind: 'request-rebirth', reason: 'host-started' }])
    expect(silent.hostStarted(later(1))).toEqual([])
    const born = new HostSession<string>(OPTIONS)
    nbirth()(born, T0)
    expect(born.hostStarted(later(1))).toEqual([])
  })
})

describe('a host says whether it is online', () => {
  const read = (message: { payload: Uint8Array } | null) =>
    message && JSON.parse(new TextDecoder().decode(message.payload))

  test('will and birth carry the time of the CONNECT; QoS 1, retained, on its own topic', () => {
    const presence = new HostPresence('county')
    const will = presence.connect(instant(1_700_000_000_123.7))
    const birth = presence.birth()
    expect(read(will)).toEqual({ online: false, timestamp: 1_700_000_000_123 })
    expect(read(birth)).toEqual({ online: true, timestamp: 1_700_000_000_123 })
    for (const message of [will, birth])
      expect(message).toMatchObject({ topic: 'spBv1.0/STATE/county', qos: 1, retain: true })
  })

  test('told that it is offline, it says otherwise at once with the same timestamp', () => {
    const presence = new HostPresence('county')
    presence.connect(T0)
    const offline = new TextEncoder().encode(JSON.stringify({ online: false, timestamp: T0 - 5 }))
    const online = new TextEncoder().encode(JSON.stringify({ online: true, timestamp: T0 }))
    expect(read(presence.delivered(offline))).toEqual({ online: true, timestamp: T0 })
    expect(presence.delivered(online)).toBeNull()
  })

  test('a clean stop is a death with the time of the stop, after which it answers nothing', () => {
    const presence = new HostPresence('county')
    presence.connect(T0)
    expect(read(presence.death(later(60_000)))).toEqual({ online: false, timestamp: T0 + 60_000 })
    expect(presence.delivered(new TextEncoder().encode('{"online":false,"timestamp":1}'))).toBeNull()
  })

  test('a clock that is set back never makes a STATE older than the one before: nodes would disregard it', () => {
    const presence = new HostPresence('county')
    presence.connect(later(60_000))
    expect(read(presence.death(T0)).timestamp).toBe(T0 + 60_000)
    expect(read(presence.connect(later(1))).timestamp).toBe(T0 + 60_000)
    expect(read(presence.connect(later(60_001))).timestamp).toBe(T0 + 60_001)
  })

  test('each server has a timestamp of its own', () => {
    const [one, other] = [new HostPresence('county'), new HostPresence('county')]
    one.connect(T0)
    other.connect(later(9))
    expect([read(one.birth()).timestamp, read(other.birth()).timestamp]).toEqual([T0, T0 + 9])
  })
})

const ASSERTIONS = new URL('../../../shared/data/sparkplug-3.0-assertions.tsv', import.meta.url)

test.skipIf(!existsSync(ASSERTIONS))('every assertion that these cases claim to cover exists', () => {
  const ids = new Set(
    readFileSync(ASSERTIONS, 'utf8')
      .split('\n')
      .map((line) => line.split('\t')[0]),
  )
  const claimed = CASES.flatMap((each) => each.ids)
  expect(claimed.length).toBeGreaterThan(10)
  expect(claimed.filter((id) => !ids.has(id))).toEqual([])
})
