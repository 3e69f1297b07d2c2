#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { CodedError } from '@minewarden/protocol/errors.ts'
import { Command, InvalidArgumentError } from 'commander'
import { outliveOutput, stopOnSignals } from './signals.ts'

/** Exit codes: 0 done, 1 failed, 2 the call or its input was wrong, 130 ended by a second Ctrl-C. */
const INPUT_ERRORS: ReadonlySet<string> = new Set([
  'config-invalid',
  'data-unusable',
  'file-unusable',
  'port-busy',
  'recording-unreadable',
  'recordings-missing',
])
outliveOutput()

const integer = (low: number, high: number) => (text: string) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new InvalidArgumentError(`a whole number from ${low} to ${high} is needed.`)
  }
  return value
}
const positive = (text: string) => {
  const value = Number(text)
  if (!(value > 0 && value <= 1000)) throw new InvalidArgumentError('a number above 0, at most 1000, is needed.')
  return value
}

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }
const program = new Command('minewarden')
  .description('Watches closed and banned mines for covert reopening and gets their power cut, lawfully and safely.')
  .version(version)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))

program
  .command('demo')
  .description('the whole chain on this machine: simulated sites, gateways, fleet manager, power company')
  .option('--port <port>', 'port of the page on this machine', integer(1, 65_535), 8080)
  .option('--recordings <dir>', 'replay a recording, or a folder of recordings, instead of simulating')
  .option('--speed <n>', 'replay this many times as fast as it was recorded', positive, 1)
  .option('--sites <n>', 'at most this many sites of the recordings', integer(1, 24), 8)
  .option(
    '--data <dir>',
    'keep data and logs here, and go on from what an earlier demo left (default: a temporary folder)',
  )
  .option('--json', 'tell the story as one JSON object a line')
  .action(async (options) => {
    const { runDemo } = await import('./demo/demo.ts')
    process.exitCode = await runDemo(options, stopOnSignals())
  })

program
  .command('cloud')
  .description('the fleet manager, from one configuration file')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(async ({ config }) => {
    const { runCloud } = await import('@minewarden/cloud/main.ts')
    await runCloud(config, stopOnSignals())
  })

const audit = program.command('audit').description("the fleet manager's audit log as one file, for officers and courts")
audit
  .command('export')
  .description('the whole log as one file; that it was taken stands in it')
  .requiredOption('--config <file>', 'configuration file of the fleet manager (JSON), which may run meanwhile')
  .requiredOption('--out <file>', 'file to write; one that is there is not overwritten')
  .action(async ({ config, out }) => {
    const { exportTo } = await import('./audit.ts')
    await exportTo(config, out)
  })
audit
  .command('verify')
  .description('whether an export was changed, offline. Exit codes: 0 no, 1 yes, 2 it is no export')
  .argument('<file>', 'the export')
  .option('--keys <file>', 'public keys that are trusted (JWKS), such as a power company has them on file')
  .option('--checkpoints <file>', "a copy of the log's checkpoints from elsewhere")
  .option('--order <file...>', 'orders (compact JWS) as a power company received them')
  .option('--json', 'the verdict as one JSON object')
  .action(async (file, options) => {
    const { verifyFile } = await import('./audit.ts')
    process.exitCode = await verifyFile(file, { ...options, json: Boolean(options.json) }, (text) =>
      process.stdout.write(text),
    )
  })

program
  .command('utility')
  .description('the reference power company: receives, verifies, acts on simulated feeders, answers')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(async ({ config }) => {
    const { runUtility } = await import('@minewarden/utility/main.ts')
    await runUtility(config, stopOnSignals())
  })

program
  .command('feeders')
  .description('the feeder simulator that stands between supply and sites')
  .requiredOption('--config <file>', 'configuration file (JSON)')
  .action(async ({ config }) => {
    const { runFeeders } = await import('./feeders.ts')
    await runFeeders(config, stopOnSignals(), {})
  })

program
  .command('replay')
  .description('a gateway that reads a recording instead of sensors')
  .argument('<dir>', 'folder of the recording')
  .requiredOption('--broker <url>', 'MQTT broker, such as mqtt://127.0.0.1:1883')
  .option('--gateway <id>', 'which gateway of the recording (default: its only one)')
  .option('--password-file <file>', "file with the gateway's password")
  .option('--host-id <id>', 'Sparkplug host application to wait for', 'minewarden')
  .option('--speed <n>', 'this many times as fast as recorded', positive, 1)
  .option('--data <dir>', 'spool and waveform ring (default: a temporary folder, removed at the end)')
  .action(async (dir, options) => {
    const { runReplay } = await import('./replay.ts')
    process.exitCode = await runReplay(dir, options, stopOnSignals())
  })

program
  .command('evaluate')
  .description('recordings through the same edge and cloud code, as fast as the machine can')
  .argument('<dirs...>', 'folders of recordings')
  .option('--json', 'one JSON object a recording, one a line')
  .action(async (dirs, options) => {
    const { evaluate } = await import('./evaluate.ts')
    // Results that nobody reads any more need no work.
    process.stdout.once('error', () => process.exit(1))
    process.exitCode = await evaluate(
      dirs,
      { json: Boolean(options.json) },
      { stdout: process.stdout, stderr: process.stderr },
    )
  })

try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof CodedError ? `${error.message} (${error.code})` : error)
  process.exit(error instanceof CodedError && INPUT_ERRORS.has(error.code) ? 2 : 1)
}
