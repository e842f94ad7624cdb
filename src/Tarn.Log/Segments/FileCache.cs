using Microsoft.Win32.SafeHandles;

namespace Tarn.Log;

/// <summary>
/// Bounds the files that a log holds open. A <see cref="LogFile"/> opens itself at its next use after the cache closed it,
/// so that thousands of topics cost a few hundred handles.
/// </summary>
internal sealed class FileCache(int capacity, LogFaults? faults) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<LogFile> _open = [];
    private bool _disposed;

    public LogFaults? Faults { get; } = faults;

    public int OpenFiles
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    public SafeFileHandle Acquire(LogFile file)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (file.Handle is null)
            {
                file.Handle = File.OpenHandle(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                file.Node = _open.AddFirst(file);
                CloseDownTo(capacity);
            }
            else if (_open.First != file.Node)
            {
                _open.Remove(file.Node!);
                _open.AddFirst(file.Node!);
            }

            file.Users++;
            file.UsedSinceSweep = true;
            return file.Handle;
        }
    }

    public void Release(LogFile file)
    {
        lock (_gate)
        {
            if (--file.Users == 0 && (_disposed || file.Forgotten))
            {
                Close(file);
            }
        }
    }

    /// <summary>Closes a file for good, once its present users are done.</summary>
    public void Forget(LogFile file)
    {
        lock (_gate)
        {
            file.Forgotten = true;
            if (file.Users == 0)
            {
                Close(file);
            }
        }
    }

    /// <summary>Closes what was not used since the last sweep.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            for (var node = _open.Last; node is not null;)
            {
                var (file, before) = (node.Value, node.Previous);
                if (!file.UsedSinceSweep && file.Users == 0)
                {
                    Close(file);
                }

                file.UsedSinceSweep = false;
                node = before;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            CloseDownTo(0);
        }
    }

    private void CloseDownTo(int count)
    {
        for (var node = _open.Last; node is not null && _open.Count > count;)
        {
            var (file, before) = (node.Value, node.Previous);
            if (file.Users == 0 && (count == 0 || node != _open.First))
            {
                Close(file);
            }

            node = before;
        }
    }

    private void Close(LogFile file)
    {
        if (file.Handle is not null)
        {
            _open.Remove(file.Node!);
            file.Handle.Dispose();
            file.Handle = null;
            file.Node = null;
        }
    }
}
