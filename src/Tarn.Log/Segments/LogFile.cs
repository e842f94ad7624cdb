using Microsoft.Win32.SafeHandles;

namespace Tarn.Log;

/// <summary>A file of the log, open only while the <see cref="FileCache"/> lets it be.</summary>
internal sealed class LogFile(FileCache cache, string path)
{
    /// <summary>ENOSPC, which .NET reports as an IOException's HResult on Unix.</summary>
    public const int NoSpace = 28;

    public string Path { get; } = path;

    // The cache's own state, under its lock.
    public SafeFileHandle? Handle { get; set; }

    public LinkedListNode<LogFile>? Node { get; set; }

    public int Users { get; set; }

    public bool UsedSinceSweep { get; set; }

    public bool Forgotten { get; set; }

    public long Length()
    {
        var handle = cache.Acquire(this);
        try
        {
            return RandomAccess.GetLength(handle);
        }
        finally
        {
            cache.Release(this);
        }
    }

    /// <summary>Reads until the buffer is full or the file ends; returns the bytes read.</summary>
    public int Read(Span<byte> buffer, long position)
    {
        var handle = cache.Acquire(this);
        try
        {
            var total = 0;
            while (total < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[total..], position + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }
        finally
        {
            cache.Release(this);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        var handle = cache.Acquire(this);
        try
        {
            if (cache.Faults?.BytesBeforeFull is { } limit && limit(Path, position, bytes.Length) is var room && room < bytes.Length)
            {
                RandomAccess.Write(handle, bytes[..room], position);
                throw new IOException("No space left on device (injected).", NoSpace);
            }

            RandomAccess.Write(handle, bytes, position);
        }
        finally
        {
            cache.Release(this);
        }
    }

    public void Truncate(long length)
    {
        var handle = cache.Acquire(this);
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        finally
        {
            cache.Release(this);
        }
    }

    public void Flush()
    {
        var handle = cache.Acquire(this);
        try
        {
            cache.Faults?.BeforeFlush?.Invoke(Path);
            RandomAccess.FlushToDisk(handle);
        }
        finally
        {
            cache.Release(this);
        }
    }

    public void Delete()
    {
        File.Delete(Path);
        cache.Forget(this);
    }
}
