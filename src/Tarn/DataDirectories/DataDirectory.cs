using System.Globalization;
using Tarn.Core;

namespace Tarn;

/// <summary>
/// A data directory that this process holds: it exists, can be written, has room, and no other process writes it until this
/// is disposed. Guarded by an exclusive lock on its file <c>lock</c>, which the system drops when the process ends however it
/// ends; <c>lock.json</c> beside it says who holds it.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>What has to be free for a start, so that a full disk is said at once and not by the first commit.</summary>
    public const long NeededBytes = 1 << 20;

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Opens the directory, making it where it does not exist.</summary>
    /// <param name="path">Where; full, or relative to the current directory.</param>
    /// <param name="holder">Who asks.</param>
    /// <exception cref="TarnException">It cannot be made or written, the disk is full, or another process holds it.</exception>
    public static DataDirectory Open(string path, LockHolder holder)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path)
                ? new TarnException(ErrorKind.Unavailable, "The data directory is a directory, and this is a file.", path, "Choose another one with --data DIR or TARN__DATA.", exception)
                : CannotWrite(path, exception);
        }

        FileStream held;
        try
        {
            held = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            throw Held(path, LockHolder.Read(path), exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, exception);
        }

        try
        {
            Probe(path);
            holder.Write(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw CannotWrite(path, exception);
        }

        return new DataDirectory(path, held);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LockHolder.Remove(Path);
        _lock.Dispose();
    }

    /// <summary>The free bytes of the disk that the path is on, or null where the system does not say.</summary>
    public static long? FreeBytes(string path)
    {
        try
        {
            return new DriveInfo(path).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static void Probe(string path)
    {
        var probe = System.IO.Path.Combine(path, "probe.tmp");
        try
        {
            using var file = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None, 0);
            file.Write(new byte[NeededBytes]);
        }
        finally
        {
            File.Delete(probe);
        }
    }

    private static TarnException Held(string path, LockHolder? holder, Exception inner)
    {
        var who = holder is null
            ? "another process"
            : string.Create(CultureInfo.InvariantCulture, $"process {holder.Pid} (`{holder.Command}`, since {Instants.Show(holder.Since)})");
        return new TarnException(
            ErrorKind.Conflict,
            $"One process at a time writes a data directory, and {who} holds this one.",
            path,
            holder is null
                ? "Stop that process, or choose another directory with --data DIR."
                : $"Stop it (kill {holder.Pid.ToString(CultureInfo.InvariantCulture)}), or choose another directory with --data DIR.",
            inner);
    }

    private static TarnException CannotWrite(string path, Exception exception)
    {
        if (exception is IOException io && IsDiskFull(io))
        {
            return new TarnException(
                ErrorKind.Unavailable,
                "The data directory needs room, and its disk is full.",
                $"{path}, {(FreeBytes(path) is { } free ? Sizes.Show(free) : "an unknown amount")} free",
                "Free some space on that disk, or choose a directory on another one with --data DIR or TARN__DATA.",
                exception);
        }

        return new TarnException(
            ErrorKind.Unavailable,
            $"The data directory has to be writable, and it is not: {exception.Message}",
            path,
            "Give this user the right to write there, or choose another directory with --data DIR or TARN__DATA.",
            exception);
    }

    // EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static bool IsHeld(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);

    // ENOSPC, EDQUOT; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL, which is also what .NET makes of ENOSPC in some calls.
    private static bool IsDiskFull(IOException exception) => exception.HResult is 28 or 122 or unchecked((int)0x80070070) or unchecked((int)0x80070027);
}
