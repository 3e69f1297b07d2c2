/** Logs as JSON lines on standard error through pino: standard output is for what a command was asked for. */
import { destination, type Logger as Pino, pino } from 'pino'
import type { Logger } from '../core/ports.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Names of fields that may hold a secret; they are never printed, wherever they stand. */
const SECRETS = ['password', '*.password', 'passphrase', '*.passphrase', 'key', '*.key', 'token', '*.token']

export function createLogger(level: LogLevel, bindings: object): Logger {
  const options = { level, base: bindings, redact: SECRETS, timestamp: () => `,"time":"${new Date().toISOString()}"` }
  return wrap(pino(options, destination({ fd: 2, sync: true })))
}

const wrap = (log: Pino): Logger => ({
  debug: (fields, message) => log.debug(fields, message),
  info: (fields, message) => log.info(fields, message),
  warn: (fields, message) => log.warn(fields, message),
  error: (fields, message) => log.error(fields, message),
  child: (fields) => wrap(log.child(fields)),
})
