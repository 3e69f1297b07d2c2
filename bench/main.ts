// `npm run bench [name...]`: every measurement beside a peer or a floor taken in the same run on the same machine.
import { type BenchRow, formatRows } from './row.ts'

type Bench = () => Promise<BenchRow[]>
const BENCHES: Record<string, { what: string; load: () => Promise<{ bench: Bench }> }> = {
  codec: { what: 'Sparkplug B, 20 metrics a payload; peer: sparkplug-payload', load: () => import('./codec.ts') },
  miniseed: { what: 'waveforms read and written; peer: libmseed in C', load: () => import('./miniseed.ts') },
  evaluate: { what: 'recordings through edge and cloud code, one core', load: () => import('./evaluate.ts') },
  'edge-chain': {
    what: 'the waveform chain, one core; peer: the same in plain C',
    load: () => import('./edge-chain.ts'),
  },
  'site-filter': { what: 'evidence weighed at 100 000 sites, one core', load: () => import('./site-filter.ts') },
  'site-detector': {
    what: 'readings of one site judged, one core; peer: parsing the same from JSON',
    load: () => import('./site-detector.ts'),
  },
  detection: {
    what: 'recordings judged; peers: scautopick, rsudp (any trigger is a blast), a line on a power panel',
    load: () => import('./detection.ts'),
  },
  ingest: {
    what: 'rows acknowledged end to end; peer: mosquitto -> mqtt.js at QoS 1',
    load: () => import('./ingest.ts'),
  },
  history: {
    what: 'rows from MQTT to acknowledged in InfluxDB; peer: mosquitto -> mqtt.js at QoS 1 -> batches of lines',
    load: () => import('./history.ts'),
  },
  orders: {
    what: 'finding to draft, confirmation to signed receipt, 1 000 sites; bounds: p99 under 2 s and under 300 ms',
    load: () => import('./orders.ts'),
  },
  modbus: { what: 'Modbus meters polled; peer: a bare modbus-serial loop', load: () => import('./modbus.ts') },
  meters: {
    what: '148 probes and 8 meters that do not change; peer: the same gateway without them',
    load: () => import('./meters.ts'),
  },
  gateway: {
    what: 'a gateway at 3 x 250 and 4 x 1000 samples/s; floor: a bare Node process',
    load: () => import('./gateway.ts'),
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
let failed = 0
for (const [name, { what, load }] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n${name}: ${what}`)
  try {
    console.log(formatRows(await (await load()).bench()))
  } catch (error) {
    failed++
    console.error(`${name} failed:`, error)
  }
}
process.exit(failed > 0 ? 1 : 0)
