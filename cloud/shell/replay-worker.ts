/** A thread of its own: runs one replay over the kept readings and tells how far it is. Ended by `terminate`. */
import { parentPort, workerData } from 'node:worker_threads'
import { Replay, type ReplayResult, type ReplayTask } from '../core/tuning/replay.ts'
import { readKeptInInflux } from './kept-influx.ts'
import { readKept } from './kept-readings.ts'
import type { DatabaseAccess } from './line-post.ts'

/** Where the readings are kept that are replayed. */
export type KeptSource =
  | { readonly kind: 'embedded'; readonly path: string }
  | { readonly kind: 'influxdb'; readonly access: DatabaseAccess; readonly database: string }

export interface ReplayOrder {
  readonly source: KeptSource
  readonly task: ReplayTask
}
export type ReplayNews =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly result: ReplayResult }

const { source, task } = workerData as ReplayOrder
const tell = (news: ReplayNews) => parentPort?.postMessage(news)
const { from, to, site } = task
const gateways = [...new Set(site.sensors.map(({ gateway }) => gateway))]
const replay = new Replay(task)
const span = { gateways, from, to }
const slices = source.kind === 'embedded' ? readKept(source.path, span) : readKeptInInflux(source, span)
for await (const { until, readings } of slices) {
  for (const { gateway, reading } of readings) replay.take(gateway, reading)
  tell({ kind: 'progress', share: (until - from) / (to - from) })
}
tell({ kind: 'done', result: replay.result() })
