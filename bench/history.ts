/**
 * Rows from MQTT to acknowledged in InfluxDB: raw gateways -> embedded broker -> ingest -> journal (synced) -> InfluxDB, with
 * detection beside it. The peer, in the same run: the same values as JSON at QoS 1 -> mosquitto -> mqtt.js -> batches of lines;
 * it judges nothing, and what it has acknowledged and not written dies with it. CPU counts broker, process and InfluxDB.
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type DatabaseServer, startInfluxd } from '../test/support/influxd.ts'
import { cpuSeconds, drive, end, GATEWAYS, type Measured, next, startBroker } from './ingest/drive.ts'
import { type BenchRow, costRow, formatRows, rateRow } from './row.ts'

const ROWS = Number(process.env.BENCH_HISTORY_ROWS ?? 200_000)
const PER_100K = ROWS / 100_000

interface Written extends Measured {
  readonly influxSPer100k: number
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function ask(influx: DatabaseServer, q: string): Promise<number> {
  const answer = await fetch(`${influx.url}/query`, { method: 'POST', body: new URLSearchParams({ q }) })
  const { results } = (await answer.json()) as { results?: { series?: { values: unknown[][] }[] }[] }
  return Number(results?.[0]?.series?.[0]?.values[0]?.[1] ?? 0)
}

async function checked(influx: DatabaseServer, measured: Measured, before: number): Promise<Written> {
  const influxSPer100k = ((await cpuSeconds(influx.pid)) - before) / PER_100K
  const kept = await ask(influx, 'SELECT count("activePowerW") FROM "bench"."raw"."power"')
  if (kept !== ROWS) throw new Error(`${kept} rows in InfluxDB, ${ROWS} sent`)
  return { ...measured, influxSPer100k }
}

async function ours(dir: string): Promise<Written> {
  await using influx = await startInfluxd()
  const server = fork(file('./ingest/ours.ts'), [dir, String(GATEWAYS), influx.url])
  const { port } = (await next(server)) as { port: number }
  // The rate is that until the last row is in InfluxDB and everything else has dealt with it.
  const arrived = async () => {
    for (;;) {
      server.send('counts')
      const { counts } = (await next(server)) as { counts: { rows: number } }
      if (counts.rows === ROWS) return
    }
  }
  const before = await cpuSeconds(influx.pid)
  const servers = [server, influx]
  const measured = await drive({ rows: ROWS, mode: 'spool', port, servers, arrived, settled: async () => {} })
  const written = await checked(influx, measured, before)
  await end(server)
  return written
}

async function peer(dir: string): Promise<Written> {
  await using influx = await startInfluxd()
  await ask(influx, 'CREATE DATABASE "bench" WITH DURATION 30d NAME "raw"')
  const { broker, port } = await startBroker(dir)
  const consumer = fork(file('./history/peer.ts'), [String(port), String(ROWS), influx.url])
  await next(consumer)
  const before = await cpuSeconds(influx.pid)
  const servers = [broker, consumer, influx]
  const last = next(consumer)
  const shared = { rows: ROWS, mode: 'qos1', format: 'json', port, servers } as const
  const measured = await drive({ ...shared, arrived: () => last, settled: async () => {} })
  const written = await checked(influx, measured, before)
  await end(consumer)
  await end(broker)
  return written
}

/** Takes the best of a few turns of each, in turn: what the machine's other business steals distorts neither. */
export async function bench(): Promise<BenchRow[]> {
  const turns = Number(process.env.BENCH_HISTORY_TURNS ?? 3)
  const [mine, theirs]: [Written[], Written[]] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    for (const [run, list] of [
      [ours, mine],
      [peer, theirs],
    ] as const) {
      const dir = await mkdtemp(join(tmpdir(), 'minewarden-bench-'))
      list.push(await run(dir))
      await rm(dir, { recursive: true, force: true })
    }
  }
  const least = (list: readonly Written[], of: (one: Written) => number) => Math.min(...list.map(of))
  const fastest = (list: readonly Written[]) => Math.max(...list.map(({ rowsPerS }) => rowsPerS))
  const cpu = ({ cpuSPer100k }: Written) => cpuSPer100k
  const influx = ({ influxSPer100k }: Written) => influxSPer100k
  return [
    rateRow('rows from MQTT to acknowledged in InfluxDB', fastest(mine), fastest(theirs), 'rows/s'),
    costRow('CPU, InfluxDB included', least(mine, cpu), least(theirs, cpu), 's/100k rows'),
    costRow('of it InfluxDB', least(mine, influx), least(theirs, influx), 's/100k rows'),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(formatRows(await bench()))
