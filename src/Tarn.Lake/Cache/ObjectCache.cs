using System.Security.Cryptography;
using System.Text;

namespace Tarn.Lake;

/// <summary>
/// Objects of stores elsewhere as local files. The objects never change, so what is here is right for ever; it outlives the program. The least recently
/// used files go when there are too many bytes, but none that is in use: then there are more for as long as that lasts. Safe for several threads.
/// </summary>
internal sealed class ObjectCache(string folder, long capacity, TimeProvider time) : IDisposable
{
    private const string RecordSuffix = ".json";
    private readonly Dictionary<string, CachedObject> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<CachedObject> _byUse = [];
    private readonly Lock _gate = new();
    private CacheFolder? _place;
    private long _bytes;
    private bool _disposed;

    /// <summary>How many bytes are here.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>The object, whether anything of it is here yet or not; it stays until it is let go.</summary>
    public CachedObject Pin(string store, string path, long size)
    {
        var key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{store}\n{path}\n{size}");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Open();
            if (!_byKey.TryGetValue(key, out var item))
            {
                item = new CachedObject(key, Path.Combine(_place!.Path, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))), size);
                Add(item);
            }

            item.Pins++;
            if (item.Pins == 1)
            {
                RequireFile(item);
            }

            return item;
        }
    }

    /// <summary>Gives up a use.</summary>
    public void Release(CachedObject item)
    {
        lock (_gate)
        {
            item.Pins--;
            if (_disposed)
            {
                // The folder may be another's by now.
                return;
            }

            _byUse.Remove(item.Place!);
            _byUse.AddLast(item.Place!);
            if (item.Pins == 0 && File.Exists(item.File + RecordSuffix))
            {
                // The order of use outlives the program, too.
                File.SetLastWriteTimeUtc(item.File + RecordSuffix, time.GetUtcNow().UtcDateTime);
            }

            MakeRoom(0);
        }
    }

    /// <summary>Lets go of what was not used for longest, until so many further bytes fit.</summary>
    public void MakeRoomFor(long bytes)
    {
        lock (_gate)
        {
            MakeRoom(bytes);
        }
    }

    /// <summary>Notes bytes that were written into an object's file.</summary>
    public void Fill(CachedObject item, ByteRange range)
    {
        lock (_gate)
        {
            lock (item.Filled)
            {
                var before = item.Filled.Length;
                item.Filled.Add(range);
                _bytes += item.Filled.Length - before;
            }
        }
    }

    /// <summary>Makes what was noted outlive the program: the bytes first, then the record that names them.</summary>
    public static void Save(CachedObject item)
    {
        using (var handle = File.OpenHandle(item.File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            RandomAccess.FlushToDisk(handle);
        }

        CacheRecord.Of(item).Write(item.File + RecordSuffix);
    }

    /// <summary>Lets the folder go; the files stay for the next one.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _place?.Dispose();
        }
    }

    private void Add(CachedObject item)
    {
        item.Place = _byUse.AddLast(item);
        _byKey.Add(item.Key, item);
    }

    private void MakeRoom(long bytes)
    {
        for (var node = _byUse.First; node is not null && _bytes + bytes > capacity;)
        {
            var (item, next) = (node.Value, node.Next);
            if (item.Pins == 0)
            {
                _byUse.Remove(node);
                _byKey.Remove(item.Key);
                _bytes -= item.Filled.Length;
                File.Delete(item.File + RecordSuffix);
                File.Delete(item.File);
                item.Dispose();
            }

            node = next;
        }
    }

    /// <summary>The local file at its full length, empty where it was not there, or was taken away or cut by others.</summary>
    private void RequireFile(CachedObject item)
    {
        if (new FileInfo(item.File) is { Exists: true } info && info.Length == item.Size)
        {
            return;
        }

        lock (item.Filled)
        {
            _bytes -= item.Filled.Length;
            item.Filled.Clear();
        }

        File.Delete(item.File + RecordSuffix);
        using var handle = File.OpenHandle(item.File, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(handle, item.Size);
    }

    /// <summary>Takes a folder at first use, and takes stock of what is in it.</summary>
    private void Open()
    {
        if (_place is not null)
        {
            return;
        }

        _place = CacheFolder.Take(folder);
        var records = new DirectoryInfo(_place.Path).GetFiles("*" + RecordSuffix);
        Array.Sort(records, static (a, b) => a.LastWriteTimeUtc.CompareTo(b.LastWriteTimeUtc));
        var kept = new HashSet<string>(StringComparer.Ordinal) { Path.Combine(_place.Path, "lock") };
        foreach (var file in records)
        {
            var data = file.FullName[..^RecordSuffix.Length];
            if (CacheRecord.Read(file.FullName) is { } record && new FileInfo(data) is { Exists: true } info && info.Length == record.Size)
            {
                var item = new CachedObject(record.Key, data, record.Size);
                for (var i = 0; i < record.Filled.Length; i += 2)
                {
                    item.Filled.Add(new ByteRange(record.Filled[i], record.Filled[i + 1]));
                }

                Add(item);
                _bytes += item.Filled.Length;
                kept.Add(data);
                kept.Add(file.FullName);
            }
        }

        foreach (var file in Directory.GetFiles(_place.Path).Where(f => !kept.Contains(f)))
        {
            File.Delete(file);
        }

        MakeRoom(0);
    }
}
