import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const OF_THE_CLOUD = [
  'fastify',
  'aedes',
  'kysely',
  '@fastify',
  'preact',
  'uplot',
  'undici',
  'influx',
  'vitest',
  'vite',
  'typescript',
  'commander',
]
/** The command of README and docs; what a technician types on a Raspberry Pi. */
const INSTALL = 'npm install --omit=dev --include-workspace-root -w edge -w hardware -w protocol'

const wanted = process.env.CI === 'true' || process.env.MINEWARDEN_INSTALL_TEST === '1'

describe.skipIf(!wanted)(
  'an edge-only install (skipped without CI=true or MINEWARDEN_INSTALL_TEST=1: it downloads packages)',
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'minewarden-edge-'))
    afterAll(() => rmSync(dir, { recursive: true, force: true }))

    it('installs, starts and holds no dependency of the cloud', () => {
      const files = execFileSync(
        'git',
        [
          'ls-files',
          '--cached',
          '--others',
          '--exclude-standard',
          'edge',
          'hardware',
          'protocol',
          'scripts',
          'package.json',
          'package-lock.json',
          '.npmrc',
        ],
        { cwd: ROOT, encoding: 'utf8' },
      )
      for (const file of files.trim().split('\n'))
        if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(dir, file))

      const install = spawnSync('bash', ['-c', `${INSTALL} --no-audit --no-fund --prefer-offline`], {
        cwd: dir,
        encoding: 'utf8',
        env: { ...process.env, NODE_ENV: 'production' },
      })
      expect(install.status, install.stderr).toBe(0)

      const installed = readdirSync(join(dir, 'node_modules'))
      expect(installed.filter((name) => OF_THE_CLOUD.includes(name))).toEqual([])
      expect(readdirSync(join(dir, 'node_modules', '@minewarden')).sort()).toEqual(['edge', 'hardware', 'protocol'])

      const node = join(dir, 'node_modules', '.bin', 'node')
      const help = spawnSync(node, ['edge/minewarden-gateway.js', '--help'], { cwd: dir, encoding: 'utf8' })
      expect(help.status, help.stderr).toBe(0)
      expect(help.stdout).toContain('doctor')

      const load = `import('./hardware/bindings/serial-port.ts').then(() => console.log('native'))`
      const native = spawnSync(node, ['--input-type=module', '-e', load], { cwd: dir, encoding: 'utf8' })
      expect(native.stdout, native.stderr).toBe('native\n')

      const config = join(dir, 'broken.json')
      writeFileSync(config, '{"gateway": 7}')
      const check = spawnSync(node, ['edge/minewarden-gateway.js', 'run', '--config', config], {
        cwd: dir,
        encoding: 'utf8',
      })
      expect(check.status).toBe(2)
      expect(check.stderr).toContain('gateway')
    })
  },
)
