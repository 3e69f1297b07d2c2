// The one test command: `npm test [vitest arguments]`. Its last line is `N passed, N failed`, and its exit code says
// whether all passed; a run that executed nothing has failed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dir = mkdtempSync(join(tmpdir(), 'minewarden-test-'))
const report = join(dir, 'report.json')
const run = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
)
let passed = 0
let failed = 0
let skipped = 0
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed = result.numPassedTests
  // A file that could not even be loaded holds no test, yet it has failed.
  failed =
    result.numFailedTests +
    result.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length
  skipped = result.numPendingTests + result.numTodoTests
} catch (error) {
  console.error(`no test report: ${error.message}`)
  failed = 1
}
rmSync(dir, { recursive: true, force: true })
const ok = run.status === 0 && failed === 0 && passed > 0
if (!ok && failed === 0) failed = 1
if (skipped > 0) console.log(`${skipped} skipped, each with its reason above`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(ok ? 0 : 1)
