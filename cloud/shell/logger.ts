import { type Logger as Pino, pino } from 'pino'
import type { Logger } from '../core/ports.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Fields that would carry a secret are cut out, whoever logs them. */
const SECRET_FIELDS = ['password', 'secret', 'token', 'privateKey', '*.password', '*.secret', '*.token', '*.privateKey']

/** One JSON line a record on standard error: standard output belongs to results. */
export function createLogger(level: LogLevel): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRET_FIELDS }
  return wrap(pino(options, pino.destination({ fd: 2, sync: true })))
}

const wrap = (logger: Pino): Logger => ({
  debug: (fields, message) => logger.debug(fields, message),
  info: (fields, message) => logger.info(fields, message),
  warn: (fields, message) => logger.warn(fields, message),
  error: (fields, message) => logger.error(fields, message),
  child: (fields) => wrap(logger.child(fields)),
})

/** Says nothing: for evaluation and tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
