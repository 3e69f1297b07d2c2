/**
 * Rows acknowledged end to end: raw gateways -> embedded broker -> ingest -> journal (synced) -> acknowledgement, with
 * history and detection running behind it. Beside it, in the same run, the same payloads at QoS 1 through mosquitto to an
 * mqtt.js client that only counts them: that peer decodes nothing, keeps nothing and promises nothing of a disk.
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { drive, end, GATEWAYS, type Measured, next, startBroker } from './ingest/drive.ts'
import { type BenchRow, costRow, formatRows, rateRow } from './row.ts'

const ROWS = Number(process.env.BENCH_INGEST_ROWS ?? 150_000)
const file = (name: string) => fileURLToPath(new URL(`./ingest/${name}`, import.meta.url))

async function ours(dir: string): Promise<Measured> {
  const server = fork(file('ours.ts'), [dir, String(GATEWAYS)])
  const { port } = (await next(server)) as { port: number }
  const settled = async () => {
    server.send('counts')
    const { counts } = (await next(server)) as { counts: { rows: number } }
    if (counts.rows !== ROWS) throw new Error(`${counts.rows} rows committed, ${ROWS} sent`)
  }
  const measured = await drive({ rows: ROWS, mode: 'spool', port, servers: [server], settled })
  await end(server)
  return measured
}

async function mosquitto(dir: string): Promise<Measured> {
  const { broker, port } = await startBroker(dir)
  const consumer = fork(file('peer.ts'), [String(port), String(ROWS)])
  await next(consumer)
  const servers = [broker, consumer]
  const all = next(consumer)
  const arrived = () => all
  const measured = await drive({ rows: ROWS, mode: 'qos1', port, servers, arrived, settled: async () => {} })
  await end(consumer)
  await end(broker)
  return measured
}

/** Takes the best of a few turns of each, in turn: what the machine's other business steals distorts neither. */
export async function bench(): Promise<BenchRow[]> {
  const turns = Number(process.env.BENCH_INGEST_TURNS ?? 3)
  const [mine, theirs]: [Measured[], Measured[]] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    for (const [run, list] of [
      [ours, mine],
      [mosquitto, theirs],
    ] as const) {
      const dir = await mkdtemp(join(tmpdir(), 'minewarden-bench-'))
      list.push(await run(dir))
      await rm(dir, { recursive: true, force: true })
    }
  }
  const best = (list: readonly Measured[]) => list.reduce((a, b) => (b.rowsPerS > a.rowsPerS ? b : a))
  const [own, peer] = [best(mine), best(theirs)]
  return [
    rateRow('rows acknowledged after a synced commit', own.rowsPerS, peer.rowsPerS, 'rows/s'),
    costRow('CPU of the receiving side', own.cpuSPer100k, peer.cpuSPer100k, 's/100k rows'),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(formatRows(await bench()))
