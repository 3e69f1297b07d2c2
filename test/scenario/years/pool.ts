import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Job, JobResult } from './jobs.ts'
import type { CalmTally, CovertResult } from './tally.ts'

export interface Outcome {
  readonly calm: CalmTally[]
  readonly covert: CovertResult[]
  /** Seconds of all threads together, and of the clock. */
  readonly cpuS: number
  readonly wallS: number
}

interface RunOptions {
  /** Of each source, see the library. */
  readonly examples?: number
  readonly cores?: number
  /** As each job ends: a run of hours need not be silent. */
  readonly onResult?: (result: JobResult) => void
}

/** Runs all jobs on the cores of this machine; results in the order of the jobs. */
export async function runJobs(
  jobs: readonly Job[],
  { examples = 16, cores = availableParallelism(), onResult }: RunOptions = {},
): Promise<Outcome> {
  const startMs = performance.now()
  const cpu = process.cpuUsage()
  const results: JobResult[] = new Array(jobs.length)
  let next = 0
  const thread = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { examples } })
      let at = -1
      const take = () => {
        at = next++
        if (at < jobs.length) worker.postMessage(jobs[at])
        else void worker.terminate().then(() => resolve())
      }
      worker.on('message', (result: JobResult) => {
        results[at] = result
        onResult?.(result)
        take()
      })
      worker.on('error', reject)
      take()
    })
  await Promise.all(Array.from({ length: Math.min(cores, jobs.length) }, thread))
  const used = process.cpuUsage(cpu)
  return {
    calm: results.flatMap((r) => (r.kind === 'calm' ? [r.tally] : [])),
    covert: results.flatMap((r) => (r.kind === 'covert' ? [r.result] : [])),
    cpuS: (used.user + used.system) / 1e6,
    wallS: (performance.now() - startMs) / 1000,
  }
}
