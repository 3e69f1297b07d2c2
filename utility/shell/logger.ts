import { pino } from 'pino'
import type { Logger } from '../core/ports.ts'

/** One JSON line a record on standard error. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }))
}
