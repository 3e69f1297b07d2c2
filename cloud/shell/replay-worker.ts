/** A thread of its own: runs one replay over the kept readings and tells how far it is. Ended by `terminate`. */
import { parentPort, workerData } from 'node:worker_threads'
import { Replay, type ReplayResult, type ReplayTask } from '../core/tuning/replay.ts'
import { readKept } from './kept-readings.ts'

export interface ReplayOrder {
  readonly historyPath: string
  readonly task: ReplayTask
}
export type ReplayNews =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly result: ReplayResult }

const { historyPath, task } = workerData as ReplayOrder
const tell = (news: ReplayNews) => parentPort?.postMessage(news)
const { from, to, site } = task
const gateways = [...new Set(site.sensors.map(({ gateway }) => gateway))]
const replay = new Replay(task)
for (const { until, readings } of readKept(historyPath, { gateways, from, to })) {
  for (const { gateway, reading } of readings) replay.take(gateway, reading)
  tell({ kind: 'progress', share: (until - from) / (to - from) })
}
tell({ kind: 'done', result: replay.result() })
