/** Traces that are wrong on purpose, at least one for each check: a check that was never seen to fail proves nothing. */
import { DataType, type Metric, type Template } from '@minewarden/protocol/sparkplug/payload.ts'
import { BASE, bdSeq, HOST, OWN_STATE, payloads, type Story, sparkplugMessage, stateMessage, T } from './story.ts'
import type { CheckOptions } from './trace.ts'

export interface Fault {
  readonly check: string
  readonly what: string
  readonly options?: CheckOptions
  spoil(story: Story): Story
}

const fault = (check: string, what: string, spoil: (story: Story) => Story, options: CheckOptions = {}): Fault => ({
  check,
  what,
  spoil,
  options,
})

const STEP_OF = {
  NBIRTH: 'e.nbirth',
  DBIRTH: 'e.dbirth',
  NDATA: 'e.ndata',
  DDATA: 'e.ddata',
  DDEATH: 'e.ddeath',
} as const
const COMMANDS = { NCMD: 'h.ncmd', DCMD: 'h.dcmd' } as const
const sent = { ...STEP_OF, ...COMMANDS }
const deviceTypes = ['DBIRTH', 'DDATA', 'DDEATH', 'DCMD']
const topicOf = (type: string, group = '450324', node = 'n', device = 'd') =>
  `spBv1.0/${group}/${type}/${node}${deviceTypes.includes(type) ? `/${device}` : ''}`
/** Bytes of one metric. */
const raw = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

const messages: Fault[] = Object.entries(sent).flatMap(([type, label]) => [
  fault(`${type} topic`, 'one level too many or too few', (story) =>
    story.edit(label, { topic: deviceTypes.includes(type) ? `${BASE}/${type}/n` : `${BASE}/${type}/n/d` }),
  ),
  fault(`${type} qos`, 'QoS 1', (story) => story.edit(label, { qos: 1 })),
  fault(`${type} retain`, 'retained', (story) => story.edit(label, { retain: true })),
  fault(`${type} timestamp`, 'no timestamp', (story) =>
    story.payload(label, ({ timestamp: _, ...payload }) => payload),
  ),
])

const sequences: Fault[] = Object.entries(STEP_OF).flatMap(([type, label]) => [
  fault(`${type} seq`, 'no seq', (story) => story.payload(label, ({ seq: _, ...payload }) => payload)),
  ...(type === 'NBIRTH'
    ? [
        fault('NBIRTH seq', '256', (story) => story.payload(label, (payload) => ({ ...payload, seq: 256 }))),
        fault('NBIRTH seq zero', 'seq 5', (story) => story.payload(label, (payload) => ({ ...payload, seq: 5 }))),
      ]
    : [
        fault(`${type} seq-next`, 'a number left out', (story) =>
          story.payload(label, (p) => ({ ...p, seq: (p.seq! + 1) % 256 })),
        ),
      ]),
])

const commands: Fault[] = Object.entries(COMMANDS).flatMap(([type, label]) => [
  fault(`${type} seq`, 'a sequence number', (story) => story.payload(label, (payload) => ({ ...payload, seq: 0 }))),
  fault(`${type} metrics`, 'nothing to write', (story) =>
    story.payload(label, (payload) => ({ ...payload, metrics: [] })),
  ),
  fault(`${type} metric known`, 'a metric of no birth', (story) =>
    story.metric(label, type === 'NCMD' ? 1 : 11, { alias: 99 }),
  ),
  fault(`${type} metric value`, 'a text for a number', (story) =>
    story.metric(label, type === 'NCMD' ? 1 : 11, { value: 'x' }),
  ),
  fault(`${type} metric value`, 'another datatype', (story) =>
    story.metric(label, type === 'NCMD' ? 1 : 11, { datatype: DataType.Float }),
  ),
])

const names: Fault[] = [
  ...(['group', 'node', 'device'] as const).flatMap((level) =>
    (
      [
        ['reserved', 'a+'],
        ['utf8', 'a\ufffd'],
        ['utf8', 'a\ud800'],
      ] as const
    ).map(([what, id]) =>
      fault(`${level} ${what}`, JSON.stringify(id), (story) => {
        const ids = { group: '450324', node: 'n', device: 'd', [level]: id }
        return story.edit('e.dbirth', { topic: topicOf('DBIRTH', ids.group, ids.node, ids.device) })
      }),
    ),
  ),
  fault('topic structure', 'an unknown type', (story) => story.edit('e.ndata', { topic: `${BASE}/XDATA/n` })),
  fault('topic namespace', 'the old namespace', (story) => story.edit('e.ndata', { topic: 'spAv1.0/450324/NDATA/n' })),
  fault('device missing', 'DDATA of no device', (story) => story.edit('e.ddata', { topic: `${BASE}/DDATA/n` })),
  fault('device superfluous', 'NDATA of a device', (story) => story.edit('e.ndata', { topic: `${BASE}/NDATA/n/d` })),
  fault('node not unique', 'two clients of one name', (story) =>
    story.after('e.ndata', { ...story.step<'connect'>('e.connect'), client: 'edge-2', label: 'twin' }),
  ),
  fault('ids differ by case', 'device D beside d', (story) => story.edit('e.dbirth3', { topic: `${BASE}/DBIRTH/n/D` })),
  fault('metrics differ by case', 'level beside Level', (story) => story.metric('e.nbirth', 'Text', { name: 'level' })),
]

const offline = { client: 'edge', kind: 'deliver', ...stateMessage(false, T + 1) } as const
/** The host goes offline behind e.ddata, and the node leaves as it should. */
export const leave = (story: Story) =>
  story.until('e.ddata').after(
    'e.ddata',
    offline,
    {
      client: 'edge',
      kind: 'publish',
      ...sparkplugMessage(`${BASE}/NDEATH/n`, payloads.death(0)),
    },
    { client: 'edge', kind: 'disconnect' },
  )
const again = (story: Story, server: number) => ({
  ...story.step<'connect'>('e.connect2'),
  label: 'again',
  server,
  at: T + 200,
})

const connections: Fault[] = [
  fault('first publish', 'data before birth', (story) => story.move('e.ndata', 'e.state')),
  fault('edge clean 311', 'a persistent session', (story) => story.edit('e.connect', { clean: false })),
  fault('edge clean 50', 'no clean start', (story) => story.edit('e.connect', { version: 5, clean: false })),
  fault('edge clean 50', 'a session expiry', (story) => story.edit('e.connect', { version: 5, sessionExpiryS: 60 })),
  fault('edge session', 'a birth before CONNECT', (story) => story.move('e.nbirth', 'h.birth')),
  fault('edge will missing', 'no will', (story) => story.edit('e.connect', { will: null })),
  fault('edge will topic', 'a will elsewhere', (story) => story.will('e.connect', { topic: `${BASE}/NDATA/n` })),
  fault('edge will topic', 'a will nowhere', (story) => story.will('e.connect', { topic: 'x' })),
  fault('edge will payload', 'no payload', (story) => story.will('e.connect', { payload: raw('ff') })),
  fault('edge will bdSeq', 'no bdSeq', (story) =>
    story.will(
      'e.connect',
      sparkplugMessageBody({
        timestamp: T,
        metrics: [{ name: 'x', timestamp: T, datatype: DataType.Int64, value: 0 }],
      }),
    ),
  ),
  fault('edge will bdSeq', 'bdSeq as UInt64', (story) =>
    story.will(
      'e.connect',
      sparkplugMessageBody({ timestamp: T, metrics: [{ ...bdSeq(0), datatype: DataType.UInt64 }] }),
    ),
  ),
  fault('edge will qos', 'QoS 0', (story) => story.will('e.connect', { qos: 0 })),
  fault('edge will retain', 'retained', (story) => story.will('e.connect', { retain: true })),
  fault('bdSeq next', 'the same bdSeq again', (story) =>
    story.will('e.connect2', sparkplugMessageBody(payloads.death(0))),
  ),
  fault('ncmd subscribed', 'QoS 0, which the official kit lets pass', (story) =>
    story.edit('e.subscribe', {
      filters: story.step<'subscribe'>('e.subscribe').filters.map((each) => ({ ...each, qos: 0 })),
    }),
  ),
  fault('ncmd subscribed', 'after the birth', (story) => story.move('e.subscribe', 'e.nbirth')),
  fault('dcmd subscribed', 'not at all', (story) =>
    story.edit('e.subscribe', {
      filters: story.step<'subscribe'>('e.subscribe').filters.filter((each) => !each.topic.includes('DCMD')),
    }),
  ),
  fault('state subscribed', 'not at all', (story) =>
    story.edit('e.subscribe', { filters: [{ topic: `${BASE}/NCMD/n`, qos: 1 }] }),
  ),
  fault('host awaited', 'nothing heard of it', (story) => story.drop('e.state')),
  fault('host awaited id', 'another host is online', (story) =>
    story.edit('e.state', { topic: 'spBv1.0/STATE/other' }),
  ),
  fault('host awaited online', 'it is offline', (story) => story.edit('e.state', stateMessage(false, T))),
  fault('host awaited timestamp', 'an old message', (story) => story.edit('e.state2', stateMessage(true, T - 1))),
  fault('host offline', 'data goes on', (story) => story.after('e.ndata', offline).delay('e.ddata', 2_000)),
  fault('host offline', 'stays', (story) => story.until('e.ddata').after('e.ddata', offline)),
  fault('host offline', 'leaves without a word', (story) =>
    story.until('e.ddata').after('e.ddata', offline, { client: 'edge', kind: 'close' }),
  ),
  fault('host offline walk', 'stays', (story) => story.until('e.ddata').after('e.ddata', offline)),
  fault(
    'host offline walk',
    'back to the same server',
    (story) => {
      const back = again(story, 0)
      return leave(story).after('e.ddata+2', back)
    },
    { servers: 2 },
  ),
  fault('host offline stale', 'leaves for an old message', (story) =>
    story.until('e.ddata').after(
      'e.ddata',
      { ...offline, ...stateMessage(false, T - 1) },
      {
        client: 'edge',
        kind: 'publish',
        ...sparkplugMessage(`${BASE}/NDEATH/n`, payloads.death(0)),
      },
    ),
  ),
  fault(
    'one server',
    'two at once',
    (story) => story.edit('e.connect2', { server: 1 }).drop('e.disconnect', 'e.ndeath'),
    { servers: 2 },
  ),
  fault('edge disconnect 311', 'no NDEATH', (story) => story.drop('e.ndeath')),
  fault('edge disconnect 50', 'the will is thrown away', (story) =>
    story.edit('e.connect', { version: 5 }).edit('e.disconnect', { reasonCode: 0 }),
  ),
  fault('edge close', 'no NDEATH', (story) => story.edit('e.close', { intended: true })),
]

function sparkplugMessageBody(payload: Parameters<typeof sparkplugMessage>[1]): object {
  return { payload: sparkplugMessage('', payload).payload }
}

const births: Fault[] = [
  fault('NBIRTH payload', 'noise', (story) => story.edit('e.nbirth', { payload: raw('ff') })),
  fault('DBIRTH payload', 'noise', (story) => story.edit('e.dbirth', { payload: raw('ff') })),
  fault('NBIRTH bdSeq', 'missing', (story) => story.metric('e.nbirth', 'bdSeq', { name: 'bdseq' })),
  fault('NBIRTH bdSeq', 'as UInt64', (story) => story.metric('e.nbirth', 'bdSeq', { datatype: DataType.UInt64 })),
  fault('NBIRTH bdSeq matches', 'another one', (story) => story.metric('e.nbirth', 'bdSeq', { value: 7 })),
  fault('rebirth bdSeq', 'a rebirth counts on', (story) => story.metric('e.nbirth2', 'bdSeq', { value: 1 })),
  fault('NBIRTH rebirth', 'missing', (story) =>
    story.metric('e.nbirth', 'Node Control/Rebirth', { name: 'Rebirth', alias: 5 }),
  ),
  fault('NBIRTH rebirth datatype', 'as a number', (story) =>
    story.metric('e.nbirth', 'Node Control/Rebirth', { datatype: DataType.Int8, value: 0 }),
  ),
  fault('NBIRTH rebirth value', 'true', (story) => story.metric('e.nbirth', 'Node Control/Rebirth', { value: true })),
  fault('NBIRTH rebirth alias', 'with an alias', (story) =>
    story.metric('e.nbirth', 'Node Control/Rebirth', { alias: 5 }),
  ),
  ...(
    [
      ['NBIRTH', 'e.nbirth', 'Level', 'node'],
      ['DBIRTH', 'e.dbirth', 'Temperature', 'device'],
    ] as const
  ).flatMap(([type, label, metric, owner]) => [
    fault(`${type} metrics`, 'no name', (story) => story.metric(label, metric, { name: undefined })),
    fault(`${type} metrics`, 'no datatype', (story) => story.metric(label, metric, { datatype: undefined })),
    fault(`${type} values`, 'no value', (story) => story.metric(label, metric, { value: undefined })),
    fault(`${type} values`, 'null, and a value', (story) =>
      story.add(label, raw('0a0158 1032 1880a8a5e6ab33 200a 3801 69000000000000f83f')),
    ),
    fault(`${type} declares`, 'data of an unborn metric', (story) =>
      story.metric(owner === 'node' ? 'e.ndata' : 'e.ddata', owner === 'node' ? 1 : 10, { alias: 77 }),
    ),
    fault(`${owner} chronological`, 'in a birth', (story) => story.metric(label, metric, { timestamp: T + 5 })),
    fault(`${owner} chronological`, 'in data', (story) =>
      story.payload(owner === 'node' ? 'e.ndata' : 'e.ddata', (p) => ({ ...p, metrics: [...p.metrics].reverse() })),
    ),
  ]),
  fault('DBIRTH node', 'under another node', (story) => story.edit('e.dbirth', { topic: `${BASE}/DBIRTH/other/d` })),
  fault('NDATA topic', 'under another node', (story) => story.edit('e.ndata', { topic: `${BASE}/NDATA/other` })),
  fault('DBIRTH after NBIRTH', 'before', (story) => story.move('e.dbirth', 'e.state')),
  fault('DBIRTH before data', 'data in between', (story) => story.move('e.dbirth2', 'e.ddata3')),
  fault('NDATA order', 'before the NBIRTH', (story) => story.move('e.ndata', 'e.state')),
  fault('DDATA order', 'before the DBIRTH', (story) => story.move('e.ddata', 'e.nbirth')),
  fault('NDEATH topic', 'of another node', (story) => story.edit('e.ndeath', { topic: `${BASE}/NDEATH/other` })),
  fault('NDEATH seq', 'with seq', (story) => story.payload('e.ndeath', (payload) => ({ ...payload, seq: 9 }))),
  fault('NDEATH seq', 'with seq in the will', (story) =>
    story.will('e.connect', sparkplugMessageBody({ ...payloads.death(0), seq: 0 })),
  ),
  fault('NDEATH payload', 'more than bdSeq', (story) =>
    story.add('e.ndeath', { name: 'x', timestamp: T, datatype: DataType.Int8, value: 1 }),
  ),
  fault('NDEATH bdSeq', 'of another birth', (story) => story.metric('e.ndeath', 'bdSeq', { value: 3 })),
  fault('rebirth stops data', 'data goes on', (story) =>
    story
      .move('e.ddata2', 'h.rebirth')
      .edit('e.ddata2', { at: T + 2_000 })
      .delay('e.nbirth2', 3_000),
  ),
  fault('rebirth births', 'no birth at all', (story) => story.until('h.rebirth')),
  fault('rebirth births', 'without its device', (story) => story.drop('e.dbirth2')),
]

const AHEAD = T + 8 * 3_600_000
const metrics: Fault[] = [
  fault('payload malformed', 'noise', (story) => story.edit('e.ndata', { payload: raw('ff') })),
  fault('payload utc', 'local time', (story) =>
    story.payload('e.ndata', (payload) => ({ ...payload, timestamp: AHEAD })),
  ),
  fault('metric utc', 'local time', (story) => story.metric('e.ndata', 1, { timestamp: AHEAD })),
  fault('metric name', 'neither name nor alias in data', (story) =>
    story.add('e.ndata', { timestamp: T + 1, value: 1.5 }),
  ),
  fault('metric name', 'neither in a birth', (story) =>
    story.metric('e.dbirth', 'Setpoint', { name: undefined, alias: undefined }),
  ),
  fault('metric timestamp', 'in a birth', (story) => story.metric('e.nbirth', 'Level', { timestamp: undefined })),
  fault('metric timestamp', 'in data', (story) => story.metric('e.ddata', 10, { timestamp: undefined })),
  fault('alias unique', 'twice in a birth', (story) => story.metric('e.nbirth', 'Text', { alias: 1 })),
  fault('alias unique', 'of node and device', (story) => story.metric('e.dbirth', 'Temperature', { alias: 1 })),
  fault('alias in birth', 'a name alone', (story) => story.metric('e.nbirth', 'Level', { alias: undefined })),
  fault('alias in birth', 'an alias alone', (story) => story.metric('e.dbirth', 'Temperature', { name: undefined })),
  fault('alias alone', 'name and alias in data', (story) => story.metric('e.ndata', 1, { name: 'Level' })),
  fault('alias alone', 'a name alone in data', (story) =>
    story.metric('e.ndata', 1, { name: 'Level', alias: undefined }),
  ),
  fault('alias alone', 'a name in a command', (story) =>
    story.metric('h.dcmd', 11, { name: 'Setpoint', alias: undefined }),
  ),
  fault('datatype uint32', 'beyond 32 bits', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 208a80808010 3801')),
  ),
  fault('datatype known', '77', (story) => story.metric('e.nbirth', 'Level', { datatype: 77 })),
  fault('datatype in birth', 'missing', (story) => story.metric('e.nbirth', 'Level', { datatype: undefined })),
  fault('datatype in data', 'there', (story) => story.metric('e.ndata', 1, { datatype: DataType.Double })),
  fault('property sizes', 'a key without a value', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 200a 3801 4a03 0a0161')),
  ),
  fault('property type uint32', 'beyond 32 bits', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 200a 3801 4a0d 0a0161 1208 088380808010 1801')),
  ),
  fault('property type known', '99', (story) =>
    story.metric('e.nbirth', 'Level', { properties: { a: { type: 99, value: 1 } } }),
  ),
  fault('property type known', 'in a set within a list', (story) => {
    const inner = { b: { type: DataType.DataSet, value: null } }
    const set = { type: DataType.PropertySet, value: { a: { type: DataType.PropertySetList, value: [inner] } } }
    return story.metric('e.nbirth', 'Level', { properties: { a: set } })
  }),
  fault('property type there', 'missing', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 200a 3801 4a07 0a0161 1202 1801')),
  ),
  fault('quality type', 'as a text', (story) =>
    story.metric('e.nbirth', 'Level', { properties: { Quality: { type: DataType.String, value: 'good' } } }),
  ),
  fault('quality value', '1', (story) =>
    story.metric('e.nbirth', 'Level', { properties: { Quality: { type: DataType.Int32, value: 1 } } }),
  ),
  fault('dataset width', 'a lie', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 2010 8a0107 0802 120161 180a')),
  ),
  fault('dataset sizes', 'two names, one type', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 2010 8a010a 0802 120161 120162 180a')),
  ),
  fault('dataset types there', 'missing', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 2010 8a0105 0801 120161')),
  ),
  fault('dataset types uint32', 'beyond 32 bits', (story) =>
    story.add('e.nbirth', raw('0a0158 1032 1880a8a5e6ab33 2010 8a010b 0801 120161 188a80808010')),
  ),
  fault('dataset types known', 'a data set in a data set', (story) =>
    story.metric('e.nbirth', 'Table', { value: { columns: ['a'], types: [DataType.DataSet], rows: [] } }),
  ),
]

const member: Metric = { name: 'Speed', datatype: DataType.Double, timestamp: T, value: null }
const instance: Template = { version: '1', templateRef: 'Pump', isDefinition: false, metrics: [member], parameters: [] }
const inBirth = (change: object) => (story: Story) =>
  story.metric('e.dbirth', 'Pump1', { value: { ...instance, ...change } })
const inNode = (change: object) => (story: Story) =>
  story.metric('e.nbirth', 'Pump', { value: { ...instance, templateRef: null, isDefinition: true, ...change } })

const templates: Fault[] = [
  fault('definition in NBIRTH only', 'in a DBIRTH', inBirth({ templateRef: null, isDefinition: true })),
  fault('definition flag', 'missing', inNode({ isDefinition: false })),
  fault('definition ref', 'there', inNode({ templateRef: 'Pump' })),
  fault('definition there', 'an instance of nothing', inBirth({ templateRef: 'Fan' })),
  fault('instance flag', 'marked a definition', inBirth({ isDefinition: true })),
  fault('instance ref', 'missing', inBirth({ templateRef: null })),
  fault('instance members', 'one that is not defined', inBirth({ metrics: [member, { ...member, name: 'Torque' }] })),
  fault('instance members in birth', 'missing', inBirth({ metrics: [] })),
  fault(
    'instance parameters',
    'one that is not defined',
    inBirth({ parameters: [{ name: 'x', type: DataType.Int8, value: 1 }] }),
  ),
  fault('template flag there', 'missing', (story) =>
    story.add('e.dbirth', raw('0a0158 1032 1880a8a5e6ab33 2013 920106 220450756d70')),
  ),
  fault('parameter name', 'missing', (story) =>
    story.add('e.dbirth', raw('0a0158 1032 1880a8a5e6ab33 2013 92010c 1a02 1001 220450756d70 2800')),
  ),
  fault('parameter type there', 'missing', (story) =>
    story.add('e.dbirth', raw('0a0158 1032 1880a8a5e6ab33 2013 92010d 1a03 0a0161 220450756d70 2800')),
  ),
  fault('parameter type uint32', 'beyond 32 bits', (story) =>
    story.add('e.dbirth', raw('0a0158 1032 1880a8a5e6ab33 2013 920113 1a09 0a0161 108180808010 220450756d70 2800')),
  ),
  fault(
    'parameter type known',
    'a template',
    inNode({ parameters: [{ name: 'x', type: DataType.Template, value: null }] }),
  ),
]

const control: Fault[] = [
  fault('command of a node', "the node's metric by DCMD", (story) => story.metric('h.dcmd', 11, { alias: 1 })),
  fault('command of a device', "the device's metric by NCMD", (story) => story.metric('h.ncmd', 1, { alias: 11 })),
  fault('rebirth verb', 'asked by DCMD', (story) => story.edit('h.rebirth', { topic: `${BASE}/DCMD/n/d` })),
  fault('rebirth name', 'another name', (story) =>
    story.metric('h.rebirth', 'Node Control/Rebirth', { name: 'Rebirth' }),
  ),
  fault('rebirth value', 'false', (story) => story.metric('h.rebirth', 'Node Control/Rebirth', { value: false })),
]

const other = { topic: 'spBv1.0/STATE/other' }
const hosts: Fault[] = [
  fault('host clean 311', 'a persistent session', (story) => story.edit('h.connect', { clean: false })),
  fault('host clean 50', 'a session expiry', (story) => story.edit('h.connect', { version: 5, sessionExpiryS: 9 })),
  fault('host will missing', 'no will', (story) => story.edit('h.connect', { will: null })),
  fault('host will topic', 'the old one', (story) => story.will('h.connect', { topic: `STATE/${HOST}` })),
  fault('host will payload', 'OFFLINE', (story) => story.will('h.connect', { payload: Buffer.from('OFFLINE') })),
  fault('host will payload', 'online', (story) => story.will('h.connect', { payload: stateMessage(true, T).payload })),
  fault('host will timestamp', 'local time', (story) =>
    story.will('h.connect', { payload: stateMessage(false, AHEAD).payload }),
  ),
  fault('host will qos', 'QoS 0', (story) => story.will('h.connect', { qos: 0 })),
  fault('host will retain', 'not retained', (story) => story.will('h.connect', { retain: false })),
  fault('host subscribed', 'STATE alone', (story) =>
    story.edit('h.subscribe', { filters: [{ topic: OWN_STATE, qos: 1 }] }),
  ),
  fault('host subscribed state', 'messages alone', (story) =>
    story.edit('h.subscribe', { filters: [{ topic: 'spBv1.0/450324/#', qos: 1 }] }),
  ),
  fault('host subscribed state', 'after the birth', (story) => story.move('h.subscribe', 'h.birth')),
  fault('host first publish', 'a command', (story) =>
    story.after('h.subscribe', {
      client: 'host',
      kind: 'publish',
      ...sparkplugMessage(`${BASE}/NCMD/n`, payloads.rebirth),
    }),
  ),
  fault('host first publish', 'a death', (story) =>
    story.after('h.subscribe', { client: 'host', kind: 'publish', ...stateMessage(false, T) }),
  ),
  fault('host birth', 'never', (story) => story.until('h.subscribe')),
  fault('host birth', 'not before leaving', (story) =>
    story.until('h.subscribe').after('h.subscribe', { client: 'host', kind: 'close', at: T + 5_000 }),
  ),
  fault('host birth topic', "another host's", (story) => story.edit('h.birth', other)),
  fault('host birth payload', 'ONLINE', (story) => story.edit('h.birth', { payload: Buffer.from('ONLINE') })),
  fault('host birth timestamp', 'its own time', (story) => story.edit('h.birth', stateMessage(true, T + 3))),
  fault('host birth qos', 'QoS 0', (story) => story.edit('h.birth', { qos: 0 })),
  fault('host birth retain', 'not retained', (story) => story.edit('h.birth', { retain: false })),
  fault('host stamps by server', 'one for two servers', (story) =>
    story.after(
      'h.birth',
      { ...story.step<'connect'>('h.connect'), will: stateMessage(false, T + 5), server: 1, label: 'b.connect' },
      { ...story.step<'subscribe'>('h.subscribe'), server: 1, label: 'b.subscribe' },
      { ...story.step<'publish'>('h.birth'), server: 1, label: 'b.birth' },
    ),
  ),
  fault('host republishes', 'goes on with commands', (story) =>
    story.after('e.ndata', { client: 'host', kind: 'deliver', ...stateMessage(false, T) }).delay('h.ncmd', 2_000),
  ),
  fault('host republishes', 'stays silent', (story) =>
    story.until('e.ndata').after('e.ndata', { client: 'host', kind: 'deliver', ...stateMessage(false, T) }),
  ),
  fault('host death', 'none', (story) => story.drop('h.death')),
  fault('host death on close', 'none', (story) =>
    story.drop('h.death').edit('h.disconnect', { kind: 'close', intended: true }),
  ),
  fault('host death topic', "another host's", (story) => story.edit('h.death', other)),
  fault('host death timestamp', 'of the CONNECT, an hour ago', (story) => story.delay('e.connect', 3_000_000)),
  fault('host death qos', 'QoS 0', (story) => story.edit('h.death', { qos: 0 })),
  fault('host death retain', 'not retained', (story) => story.edit('h.death', { retain: false })),
  fault('host unique', 'two of one id', (story) =>
    story.after('h.birth', { ...story.step<'connect'>('h.connect'), client: 'host-2', label: 'twin' }),
  ),
]

const reordering: Fault[] = [
  fault('reorder expired', 'a gap, and no request', (story) =>
    story.drop('h.rebirth').until('e.ddata2').edit('e.ndata', { lost: true }),
  ),
  fault('reorder early', 'a gap, and a request at once', (story) => story.edit('e.ndata', { lost: true })),
  fault('reorder filled', 'a request although it came', (story) => {
    const late = { ...story.step<'publish'>('e.ndata'), kind: 'deliver', client: 'host', label: 'late' } as const
    return story.edit('e.ndata', { lost: true }).after('e.ddata', { ...late, at: T + 101 })
  }),
]

export const faults: readonly Fault[] = [
  ...messages,
  ...sequences,
  ...commands,
  ...names,
  ...connections,
  ...births,
  ...metrics,
  ...templates,
  ...control,
  ...hosts,
  ...reordering,
]
