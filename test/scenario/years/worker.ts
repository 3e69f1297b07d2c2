/** Runs jobs on a thread of its own, one after the other, as they are asked for. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Job, runJob } from './jobs.ts'
import { createLibrary } from './library.ts'

const library = createLibrary({ examples: workerData.examples })
parentPort?.on('message', (job: Job) => parentPort?.postMessage(runJob(library, job)))
