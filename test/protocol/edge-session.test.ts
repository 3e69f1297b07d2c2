import {
  type EdgeSessionEffect,
  type EdgeSessionInput,
  type EdgeSessionOptions,
  type EdgeSessionState,
  initialEdgeSession,
  stepEdgeSession,
} from '@minewarden/protocol/sparkplug/edge-session.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const OPTIONS: EdgeSessionOptions = {
  group: '450324',
  node: 'gw-1',
  primaryHost: 'county',
  servers: 2,
  deviceCommands: true,
}
const ALONE: EdgeSessionOptions = { ...OPTIONS, primaryHost: null, servers: 1 }

const state = (online: boolean, timestamp: number, host = 'county'): EdgeSessionInput => ({
  kind: 'state',
  host,
  online,
  timestamp,
})
const up = (device: string): EdgeSessionInput => ({ kind: 'device-up', device })
const down = (device: string): EdgeSessionInput => ({ kind: 'device-down', device })
const data = (device: string | null = null): EdgeSessionInput => ({ kind: 'data', device })
const plain = (
  kind: 'start' | 'connected' | 'subscribed' | 'lost' | 'rested' | 'host-absent' | 'rebirth' | 'stop',
) => ({
  kind,
})
const connectSent = (bdSeq: number): EdgeSessionInput => ({ kind: 'connect-sent', bdSeq })
const CONNECT = [plain('start'), connectSent(0), plain('connected')]
const BORN = [...CONNECT, plain('subscribed'), state(true, 100)]

function run(inputs: readonly EdgeSessionInput[], options = OPTIONS, bdSeq: number | null = null) {
  let current: EdgeSessionState = initialEdgeSession(options, bdSeq)
  const effects: EdgeSessionEffect[] = []
  let last: readonly EdgeSessionEffect[] = []
  for (const input of inputs) {
    const step = stepEdgeSession(options, current, input)
    current = step.state
    last = step.effects
    effects.push(...step.effects)
  }
  return { state: current, effects, last }
}

/** An effect as a few readable words. */
function word(effect: EdgeSessionEffect): string {
  switch (effect.kind) {
    case 'connect':
      return `connect ${effect.server} bdSeq ${effect.bdSeq}`
    case 'remember':
      return `remember ${effect.bdSeq}`
    case 'subscribe':
      return `subscribe ${effect.filters.map(({ topic, qos }) => `${topic}@${qos}`).join(' ')}`
    case 'node-birth':
      return `NBIRTH ${effect.seq} bdSeq ${effect.bdSeq}`
    case 'device-birth':
      return `DBIRTH ${effect.device} ${effect.seq}`
    case 'device-death':
      return `DDEATH ${effect.device} ${effect.seq}`
    case 'data':
      return `DATA ${effect.device ?? '-'} ${effect.seq}`
    case 'node-death':
      return `NDEATH bdSeq ${effect.bdSeq}`
    case 'disconnect':
      return 'DISCONNECT'
    case 'rest':
      return `rest ${effect.server}`
  }
}
const words = (effects: readonly EdgeSessionEffect[]): string[] => effects.map(word)

const SUBSCRIPTIONS = 'subscribe spBv1.0/450324/NCMD/gw-1@1 spBv1.0/450324/DCMD/gw-1/+@1 spBv1.0/STATE/county@1'

interface Row {
  readonly name: string
  readonly asserts: readonly string[]
  readonly inputs: readonly EdgeSessionInput[]
  /** What the last input leads to. */
  readonly last: readonly string[]
  readonly options?: EdgeSessionOptions
  readonly bdSeq?: number
}

const TABLE: readonly Row[] = [
  {
    name: 'the first CONNECT ever has bdSeq 0',
    asserts: ['topics-nbirth-bdseq-increment', 'message-flow-edge-node-birth-publish-will-message-payload-bdSeq'],
    inputs: [plain('start')],
    last: ['connect 0 bdSeq 0'],
  },
  {
    name: 'a restart goes on from the remembered bdSeq',
    asserts: ['topics-nbirth-bdseq-increment'],
    inputs: [plain('start')],
    bdSeq: 41,
    last: ['connect 0 bdSeq 42'],
  },
  {
    name: 'bdSeq 255 is followed by 0',
    asserts: ['message-flow-edge-node-birth-publish-will-message-payload-bdSeq'],
    inputs: [plain('start')],
    bdSeq: 255,
    last: ['connect 0 bdSeq 0'],
  },
  {
    name: 'a CONNECT that never left does not use up a bdSeq',
    asserts: ['topics-nbirth-bdseq-increment'],
    inputs: [plain('start'), plain('lost'), plain('rested')],
    bdSeq: 7,
    last: ['connect 1 bdSeq 8'],
  },
  {
    name: 'a CONNECT that left uses it up, even if nothing came back',
    asserts: ['topics-nbirth-bdseq-increment'],
    inputs: [plain('start'), connectSent(8), plain('lost'), plain('rested')],
    bdSeq: 7,
    last: ['connect 1 bdSeq 9'],
  },
  {
    name: 'commands and STATE are subscribed at QoS 1 before anything is published',
    asserts: [
      'message-flow-edge-node-ncmd-subscribe',
      'message-flow-device-dcmd-subscribe',
      'operational-behavior-primary-application-state-with-multiple-servers-state-subs',
    ],
    inputs: CONNECT,
    last: [SUBSCRIPTIONS],
  },
  {
    name: 'without a primary host, births follow the subscriptions at once',
    asserts: [
      'message-flow-edge-node-birth-publish-connect',
      'message-flow-edge-node-birth-publish-nbirth-payload-seq',
    ],
    inputs: [up('geo-1'), ...CONNECT, plain('subscribed')],
    options: ALONE,
    last: ['NBIRTH 0 bdSeq 0', 'DBIRTH geo-1 1'],
  },
  {
    name: 'with a primary host, nothing is born before it says that it is online',
    asserts: ['message-flow-edge-node-birth-publish-phid-wait', 'components-ph-state'],
    inputs: [...CONNECT, plain('subscribed')],
    last: [],
  },
  {
    name: 'births follow the host: NBIRTH with seq 0 and the bdSeq of the CONNECT, then DBIRTHs in order',
    asserts: [
      'principles-birth-certificates-order',
      'topics-nbirth-seq-num',
      'topics-nbirth-bdseq-matching',
      'payloads-nbirth-bdseq-repeat',
      'payloads-dbirth-order',
      'payloads-dbirth-seq-inc',
      'message-flow-device-birth-publish-nbirth-wait',
      'message-flow-edge-node-birth-publish-phid-wait-online',
    ],
    inputs: [up('geo-1'), up('meter-1'), plain('start'), connectSent(5), ...BORN.slice(2)],
    bdSeq: 4,
    last: ['NBIRTH 0 bdSeq 5', 'DBIRTH geo-1 1', 'DBIRTH meter-1 2'],
  },
  {
    name: 'a retained STATE that overtakes the SUBACK does not bring births forward',
    asserts: ['message-flow-edge-node-ncmd-subscribe'],
    inputs: [...CONNECT, state(true, 100)],
    last: [],
  },
  {
    name: 'but it counts once the subscriptions stand',
    asserts: ['message-flow-edge-node-birth-publish-phid-wait-online'],
    inputs: [...CONNECT, state(true, 100), plain('subscribed')],
    last: ['NBIRTH 0 bdSeq 0'],
  },
  {
    name: 'the STATE of another host is none of ours',
    asserts: ['message-flow-edge-node-birth-publish-phid-wait-id'],
    inputs: [...CONNECT, plain('subscribed'), state(true, 100, 'other')],
    last: [],
  },
  {
    name: 'the first STATE ever is valid whatever its timestamp',
    asserts: ['message-flow-edge-node-birth-publish-phid-wait-timestamp'],
    inputs: [...CONNECT, plain('subscribed'), state(true, 0)],
    last: ['NBIRTH 0 bdSeq 0'],
  },
  {
    name: 'an equal timestamp is valid: the host repeats its birth',
    asserts: ['message-flow-edge-node-birth-publish-phid-wait-timestamp'],
    inputs: [...BORN, state(false, 100)],
    last: ['NDEATH bdSeq 0', 'DISCONNECT', 'rest 1'],
  },
  {
    name: 'an older offline STATE does not end the session',
    asserts: ['operational-behavior-edge-node-termination-host-offline-timestamp'],
    inputs: [...BORN, state(false, 99)],
    last: [],
  },
  {
    name: 'host offline: NDEATH at once, disconnect, next server',
    asserts: [
      'message-flow-edge-node-birth-publish-phid-offline',
      'operational-behavior-edge-node-termination-host-offline',
      'operational-behavior-edge-node-termination-host-offline-reconnect',
      'payloads-ndeath-will-message-publisher-disconnect-mqtt311',
    ],
    inputs: [...BORN, state(false, 101)],
    last: ['NDEATH bdSeq 0', 'DISCONNECT', 'rest 1'],
  },
  {
    name: 'the walk goes round the list, one server at a time',
    asserts: [
      'operational-behavior-primary-application-state-with-multiple-servers-walk',
      'operational-behavior-primary-application-state-with-multiple-servers-single-server',
    ],
    inputs: [...BORN, state(false, 101), plain('rested'), connectSent(1), plain('lost'), plain('rested')],
    last: ['connect 0 bdSeq 2'],
  },
  {
    name: 'timestamps are compared for each server apart: a host has one for each',
    asserts: ['operational-behavior-host-application-multi-server-timestamp'],
    inputs: [
      ...BORN,
      state(false, 101),
      plain('rested'),
      connectSent(1),
      plain('connected'),
      plain('subscribed'),
      state(true, 50),
    ],
    last: ['NBIRTH 0 bdSeq 1'],
  },
  {
    name: 'an unborn node leaves a server whose host is offline for the next of the list',
    asserts: ['operational-behavior-primary-application-state-with-multiple-servers-walk'],
    inputs: [...CONNECT, plain('subscribed'), state(false, 100)],
    last: ['NDEATH bdSeq 0', 'DISCONNECT', 'rest 1'],
  },
  {
    name: 'with one server it waits where it is',
    asserts: ['message-flow-edge-node-birth-publish-phid-wait'],
    inputs: [...CONNECT, plain('subscribed'), state(false, 100)],
    options: { ...OPTIONS, servers: 1 },
    last: [],
  },
  {
    name: 'a host that never speaks is left for the next server',
    asserts: ['operational-behavior-primary-application-state-with-multiple-servers-walk'],
    inputs: [...CONNECT, plain('subscribed'), plain('host-absent')],
    last: ['NDEATH bdSeq 0', 'DISCONNECT', 'rest 1'],
  },
  {
    name: 'data goes on counting after the births',
    asserts: ['payloads-ndata-seq-inc', 'payloads-ddata-seq-inc', 'payloads-sequence-num-incrementing'],
    inputs: [up('geo-1'), ...BORN, data('geo-1'), data()],
    last: ['DATA - 3'],
  },
  {
    name: 'no data before the births',
    asserts: ['payloads-ndata-order', 'operational-behavior-edge-node-birth-sequence-wait'],
    inputs: [...CONNECT, plain('subscribed'), data()],
    last: [],
  },
  {
    name: 'a device that comes later is born with the next number',
    asserts: ['topics-dbirth-seq', 'payloads-dbirth-seq-inc'],
    inputs: [...BORN, data(), up('meter-1')],
    last: ['DBIRTH meter-1 2'],
  },
  {
    name: 'data of an unborn device is preceded by its birth',
    asserts: ['payloads-ddata-order'],
    inputs: [...BORN, data('meter-1')],
    last: ['DBIRTH meter-1 1', 'DATA meter-1 2'],
  },
  {
    name: 'a lost device dies with the next number',
    asserts: ['operational-behavior-device-ddeath', 'payloads-ddeath-seq-inc', 'topics-ddeath-seq-num'],
    inputs: [up('geo-1'), ...BORN, down('geo-1')],
    last: ['DDEATH geo-1 2'],
  },
  {
    name: 'a device that was never born does not die',
    asserts: ['operational-behavior-device-ddeath'],
    inputs: [...BORN, down('geo-1')],
    last: [],
  },
  {
    name: 'rebirth: the same bdSeq, seq from 0, births only of devices that are well',
    asserts: [
      'operational-behavior-data-commands-rebirth-action-1',
      'operational-behavior-data-commands-rebirth-action-2',
      'operational-behavior-data-commands-rebirth-action-3',
    ],
    inputs: [up('geo-1'), up('meter-1'), ...BORN, data(), down('meter-1'), plain('rebirth')],
    last: ['NBIRTH 0 bdSeq 0', 'DBIRTH geo-1 1'],
  },
  {
    name: 'a rebirth request before the births is answered by the births themselves',
    asserts: ['operational-behavior-data-commands-rebirth-action-2'],
    inputs: [...CONNECT, plain('subscribed'), plain('rebirth')],
    last: [],
  },
  {
    name: 'an intentional stop says NDEATH before DISCONNECT',
    asserts: ['operational-behavior-edge-node-intentional-disconnect-ndeath', 'payloads-ndeath-will-message-publisher'],
    inputs: [...BORN, plain('stop')],
    last: ['NDEATH bdSeq 0', 'DISCONNECT'],
  },
  {
    name: 'so does a stop before the births, for the will is already in place',
    asserts: ['payloads-ndeath-will-message-publisher-disconnect-mqtt311'],
    inputs: [...CONNECT, plain('stop')],
    last: ['NDEATH bdSeq 0', 'DISCONNECT'],
  },
  {
    name: 'a lost connection is followed by a pause and the next server, without NDEATH: the will speaks',
    asserts: ['payloads-ndeath-will-message'],
    inputs: [...BORN, plain('lost')],
    last: ['rest 1'],
  },
]

describe('an edge node session (Sparkplug 3.0)', () => {
  for (const row of TABLE) {
    it(`${row.name} [${row.asserts.join(', ')}]`, () => {
      expect(words(run(row.inputs, row.options ?? OPTIONS, row.bdSeq ?? null).last)).toEqual(row.last)
    })
  }

  it('remembers a bdSeq when the CONNECT has left, not before', () => {
    expect(words(run([plain('start')]).effects)).not.toContain('remember 0')
    expect(words(run([plain('start'), connectSent(0)]).last)).toEqual(['remember 0'])
  })

  it('counts seq 255, 0, 1 over all messages [payloads-sequence-num-incrementing]', () => {
    const inputs = [...BORN, ...Array.from({ length: 256 }, () => data())]
    const seqs = run(inputs).effects.flatMap((effect) => (effect.kind === 'data' ? [effect.seq] : []))
    expect(seqs.slice(0, 2)).toEqual([1, 2])
    expect(seqs.slice(-2)).toEqual([255, 0])
  })

  it('keeps its rules whatever happens in whatever order', () => {
    const input: fc.Arbitrary<EdgeSessionInput> = fc.oneof(
      fc
        .constantFrom('connected', 'subscribed', 'lost', 'rested', 'host-absent', 'rebirth', 'start')
        .map((kind) => plain(kind as 'start')),
      fc.record({
        kind: fc.constant('state' as const),
        host: fc.constant('county'),
        online: fc.boolean(),
        timestamp: fc.nat(9),
      }),
      fc.constantFrom('geo-1', 'meter-1').map(up),
      fc.constantFrom('geo-1', 'meter-1').map(down),
      fc.constantFrom('geo-1', 'meter-1', null).map(data),
    )
    fc.assert(
      fc.property(fc.array(input, { maxLength: 120 }), (inputs) => {
        const world = { connected: false, born: false, devices: new Set<string>(), seq: -1, bdSeq: -1 }
        let current = initialEdgeSession(OPTIONS, null)
        for (const each of [plain('start'), ...inputs]) {
          // A CONNECT really leaves before CONNACK can come.
          const sent = each.kind === 'connected' && current.phase === 'connecting'
          for (const one of sent ? [connectSent((world.bdSeq + 1) % 256), each] : [each]) {
            const step = stepEdgeSession(OPTIONS, current, one)
            current = step.state
            for (const effect of step.effects) checkEffect(world, effect)
            if (one.kind === 'lost') Object.assign(world, { connected: false, born: false })
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

interface World {
  connected: boolean
  born: boolean
  devices: Set<string>
  seq: number
  bdSeq: number
}

/** The rules as an observer on the wire would check them. */
function checkEffect(world: World, effect: EdgeSessionEffect): void {
  if (effect.kind === 'connect') {
    expect(world.connected).toBe(false)
    Object.assign(world, { connected: true, born: false })
  }
  if (effect.kind === 'disconnect') Object.assign(world, { connected: false, born: false })
  if (effect.kind === 'remember') world.bdSeq = effect.bdSeq
  if (effect.kind === 'node-birth') {
    expect(effect.bdSeq).toBe(world.bdSeq)
    Object.assign(world, { born: true, seq: 0 })
    world.devices.clear()
  }
  if (effect.kind === 'data' || effect.kind === 'device-birth' || effect.kind === 'device-death') {
    expect(world.born).toBe(true)
    expect(effect.seq).toBe((world.seq + 1) % 256)
    world.seq = effect.seq
    if (effect.kind === 'device-birth') world.devices.add(effect.device)
    if (effect.kind === 'device-death') expect(world.devices.delete(effect.device)).toBe(true)
    if (effect.kind === 'data' && effect.device !== null) expect(world.devices.has(effect.device)).toBe(true)
  }
}
