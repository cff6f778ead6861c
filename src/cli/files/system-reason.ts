/** What went wrong with a file, in words a person knows and with the operating system's code. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'the file is too large',
  EIO: 'the device reports an error',
};

export function systemReason(fault: unknown): string {
  const { code, message } = fault as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return `${WORDS[code] ?? 'the operating system refused'} (${code})`;
}
