/** Runs jobs on a thread of its own, one after the other, as they are asked for. */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { type Job, runJob } from './jobs.ts'
import { createLibrary } from './library.ts'

/** This thread's alone, on Linux: tests that watch the clock run beside it. */
setPriority(15)
const library = createLibrary({ examples: workerData.examples })
parentPort?.on('message', (job: Job) => parentPort?.postMessage(runJob(library, job)))
