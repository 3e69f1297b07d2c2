import { type BrokerIdentity, mayPublish, maySubscribe, mayWill } from '@minewarden/protocol/acl.ts'
import { DEVICE_MESSAGES, NODE_MESSAGES } from '@minewarden/protocol/topics.ts'
import { describe, expect, it } from 'vitest'

const gateway: BrokerIdentity = { kind: 'gateway', group: '450324', gateway: 'gw-1', host: 'county' }
const host: BrokerIdentity = { kind: 'host', host: 'county' }
const observer: BrokerIdentity = { kind: 'observer' }
const identities = { gateway, host, observer }

/** Every class of topic: own or another's group, gateway, host; every message type; what is not of Sparkplug at all. */
const GROUPS = ['450324', '450325', '+']
const NODES = ['gw-1', 'gw-2', 'gw-1x', '+']
const DEVICES = ['m1', 'm2', '+', '#']
const HOSTS = ['county', 'other', '+', '#']
const FOREIGN = ['#', '+', '+/#', 'spBv1.0', 'spBv1.0/#', 'spBv1.0/+', 'spBv1.0/450324/#', 'spBv1.0/450324/+/gw-1']
const ODD = [
  '$SYS/#',
  '$SYS/broker/uptime',
  '$share/a/spBv1.0/#',
  'STATE/county',
  'spAv1.0/450324/NDATA/gw-1',
  'other',
  '',
]
const SNEAKY = [
  'spBv1.0/450324/NDATA/gw-1/',
  'spBv1.0/450324/NDATA/gw-1/x',
  '/spBv1.0/450324/NDATA/gw-1',
  'spBv1.0/450324/DDATA/gw-1/',
]
const MORE = [
  'spBv1.0/450324/+/gw-1/+',
  'spBv1.0/450324/DCMD/gw-1',
  'spBv1.0/450324/NDATA/gw-1\0',
  'SPBV1.0/450324/NDATA/gw-1',
]

const TOPICS = [
  ...GROUPS.flatMap((group) =>
    NODES.flatMap((node) => [
      ...NODE_MESSAGES.map((type) => `spBv1.0/${group}/${type}/${node}`),
      ...DEVICE_MESSAGES.flatMap((type) => DEVICES.map((device) => `spBv1.0/${group}/${type}/${node}/${device}`)),
    ]),
  ),
  ...HOSTS.map((id) => `spBv1.0/STATE/${id}`),
  ...FOREIGN,
  ...ODD,
  ...SNEAKY,
  ...MORE,
]

/** The allow-list, written out by hand; whatever is not here is refused. */
const nodeMessages = (types: readonly string[]) => types.map((type) => `spBv1.0/450324/${type}/gw-1`)
const deviceMessages = (types: readonly string[], devices: readonly string[]) =>
  types.flatMap((type) => devices.map((device) => `spBv1.0/450324/${type}/gw-1/${device}`))
const commands = ['450324', '450325'].flatMap((group) =>
  ['gw-1', 'gw-2', 'gw-1x'].flatMap((node) => [
    `spBv1.0/${group}/NCMD/${node}`,
    `spBv1.0/${group}/DCMD/${node}/m1`,
    `spBv1.0/${group}/DCMD/${node}/m2`,
  ]),
)
const everything = TOPICS.filter(
  (topic) => (topic.startsWith('spBv1.0/') || topic === 'spBv1.0') && !topic.endsWith('/') && !topic.includes('\0'),
)

const ALLOWED = {
  gateway: {
    publish: [
      ...nodeMessages(['NBIRTH', 'NDATA', 'NDEATH']),
      ...deviceMessages(['DBIRTH', 'DDATA', 'DDEATH'], ['m1', 'm2']),
    ],
    subscribe: [...nodeMessages(['NCMD']), ...deviceMessages(['DCMD'], ['m1', 'm2', '+']), 'spBv1.0/STATE/county'],
    will: nodeMessages(['NDEATH']),
  },
  host: { publish: [...commands, 'spBv1.0/STATE/county'], subscribe: everything, will: ['spBv1.0/STATE/county'] },
  observer: { publish: [], subscribe: everything, will: [] },
}

const JUDGES = { publish: mayPublish, subscribe: maySubscribe, will: mayWill }

describe('the access table', () => {
  for (const who of ['gateway', 'host', 'observer'] as const) {
    for (const what of ['publish', 'subscribe', 'will'] as const) {
      it(`lets a ${who} ${what} what the specification lists, and of ${TOPICS.length} topics nothing else`, () => {
        const granted = TOPICS.filter((topic) => JUDGES[what](identities[who], topic))
        expect([...granted].sort()).toEqual([...new Set(ALLOWED[who][what])].sort())
      })
    }
  }

  it('lets nobody speak as another host', () => {
    for (const identity of [gateway, host, observer]) {
      expect(mayPublish(identity, 'spBv1.0/STATE/other')).toBe(false)
      expect(mayWill(identity, 'spBv1.0/STATE/other')).toBe(false)
    }
  })

  it.each(['+', '#', '', 'a/b', '+/+'])('gives an identity called "%s" nothing at all of its own', (id) => {
    const odd: BrokerIdentity[] = [
      { kind: 'gateway', group: '450324', gateway: id, host: id },
      { kind: 'gateway', group: id, gateway: 'gw-1', host: id },
    ]
    for (const identity of odd) {
      for (const topic of TOPICS) {
        expect(mayPublish(identity, topic)).toBe(false)
        expect(mayWill(identity, topic)).toBe(false)
        expect(maySubscribe(identity, topic)).toBe(false)
      }
    }
    expect(TOPICS.filter((topic) => mayWill({ kind: 'host', host: id }, topic))).toEqual([])
  })
})
