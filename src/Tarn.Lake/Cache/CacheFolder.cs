using System.Globalization;

namespace Tarn.Lake;

/// <summary>
/// The folder of one cache. Several programs may name one folder for temporary files: each cache takes the first numbered place in it that no other holds
/// (the system lets a place go when its program ends, however that ends), and with it what was cached there before.
/// </summary>
internal sealed class CacheFolder : IDisposable
{
    private const string LockName = "lock";
    private readonly FileStream _lock;

    private CacheFolder(string path, FileStream locked)
    {
        Path = path;
        _lock = locked;
    }

    public string Path { get; }

    public static CacheFolder Take(string parent)
    {
        for (var number = 0; ; number++)
        {
            var path = Place(parent, number);
            Make(path);
            if (TryLock(path) is { } locked)
            {
                EmptyOthers(parent, number);
                return new CacheFolder(path, locked);
            }
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>What lies in later places that nobody holds is of no use: they are taken only while the earlier ones are.</summary>
    private static void EmptyOthers(string parent, int number)
    {
        for (var other = number + 1; Directory.Exists(Place(parent, other)); other++)
        {
            using var locked = TryLock(Place(parent, other));
            foreach (var file in locked is null ? [] : Directory.GetFiles(Place(parent, other)))
            {
                if (System.IO.Path.GetFileName(file) != LockName)
                {
                    File.Delete(file);
                }
            }
        }
    }

    /// <summary>For this user alone: the folder above may be everybody's.</summary>
    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Place(string parent, int number) => System.IO.Path.Combine(parent, number.ToString(CultureInfo.InvariantCulture));

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
