import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Third-party modules that a program has loaded when it ends, by the name of their package. */
function loadedBy(program: string): string[] {
  const list = `console.log(JSON.stringify(Object.keys((await import('node:module')).default._cache)))`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', `${program};${list}`], { cwd: ROOT })
  const files: string[] = JSON.parse(out.toString())
  return [...new Set(files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? ''))]
}

describe('modbus-serial', () => {
  it('is not loaded where no Modbus meter is configured', () => {
    const loaded = loadedBy(`await import('@minewarden/hardware/registry.ts')`)
    expect(loaded).not.toContain('modbus-serial')
  })

  it('is loaded for a Modbus meter, without the JavaScript of serialport', () => {
    const loaded = loadedBy(`(await import('@minewarden/hardware/modbus/modbus-serial.ts')).createReader()`)
    expect(loaded).toContain('modbus-serial')
    expect(loaded).not.toContain('serialport')
  })
})
