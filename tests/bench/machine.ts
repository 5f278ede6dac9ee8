import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** The machine of the measurement, without its name. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** The disk of the database: model or driver, rotating or not, file system. */
  readonly disk: string;
  readonly node: string;
  /** How processes are pinned to cores, if at all. */
  readonly pinning: string;
}

/** Describes the machine; `folder` is the folder of the database. */
export function describeMachine(folder: string): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()} ${arch()}`,
    disk: describeDisk(folder),
    node: process.version,
    pinning: canPin()
      ? 'servers on core 0, load generator on core 1 (taskset)'
      : 'none: taskset or a second core is missing, so the ratios are less steady',
  };
}

/** The description as lines of text. */
export function machineLines(machine: Machine): string[] {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}`,
    `disk ${machine.disk}; Node ${machine.node}`,
    `pinning: ${machine.pinning}`,
  ];
}

let pinnable: boolean | undefined;

/** Whether processes can be pinned to cores: Linux with taskset and at least two cores. */
export function canPin(): boolean {
  pinnable ??= cpus().length >= 2 && taskset(['-c', '0', 'true']) && taskset(['-c', '1', 'true']);
  return pinnable;
}

/** Pins this process with all its threads to one core, where possible. */
export function pinSelf(core: number): void {
  if (canPin()) taskset(['-a', '-c', '-p', String(core), String(process.pid)]);
}

function taskset(options: readonly string[]): boolean {
  try {
    execFileSync('taskset', [...options], { stdio: 'ignore', timeout: 5_000 });
    return true;
  } catch {
    // Missing (ENOENT) or not allowed: the run continues without it, and reports that.
    return false;
  }
}

function describeDisk(folder: string): string {
  try {
    const device = deviceOf(folder);
    const fileSystem = fileSystemOf(folder) ?? 'unknown file system';
    if (device === undefined) return `without a block device, ${fileSystem}`;
    const name = text(join(device, 'device', 'model')) ?? driverOf(device) ?? 'block device';
    const spins = text(join(device, 'queue', 'rotational')) === '1';
    // Virtual disks often report to be rotating.
    return `${name} (reports ${spins ? 'rotational' : 'solid state'}), ${fileSystem}`;
  } catch (error) {
    return `unknown (${error instanceof Error ? error.message : String(error)})`;
  }
}

function deviceOf(folder: string): string | undefined {
  const { dev } = statSync(folder);
  // Linux encodes the device number as glibc's makedev: 12 bits of major from bit 8 on.
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  if (!existsSync('/sys/class/block')) return undefined;
  const found = readdirSync('/sys/class/block').find(
    (name) => text(`/sys/class/block/${name}/dev`) === number,
  );
  if (found === undefined) return undefined;
  const partition = existsSync(`/sys/class/block/${found}/partition`);
  return partition ? `/sys/class/block/${found}/..` : `/sys/class/block/${found}`;
}

function driverOf(device: string): string | undefined {
  const uevent = text(join(device, 'device', 'uevent'));
  return uevent
    ?.split('\n')
    .find((line) => line.startsWith('DRIVER='))
    ?.slice('DRIVER='.length);
}

function fileSystemOf(folder: string): string | undefined {
  const mounts = (text('/proc/mounts') ?? '').split('\n').map((line) => line.split(' '));
  const [best] = mounts
    .filter(([, at]) => at !== undefined && `${folder}/`.startsWith(at === '/' ? at : `${at}/`))
    .sort((one, other) => (other[1]?.length ?? 0) - (one[1]?.length ?? 0));
  return best?.[2];
}

function text(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}
