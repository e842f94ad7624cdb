using System.Runtime.InteropServices;

namespace Tarn.Lake;

/// <summary>The three calls of POSIX that .NET does not offer: a rename that never replaces, and fsync of a folder.</summary>
internal static partial class PosixFile
{
    private const int FileExists = 17;
    private const int CurrentDirectory = -100;
    private const uint NoReplace = 1;

    /// <summary>
    /// Gives the file a further name, if that is free. File.Move without overwrite looks first and renames then,
    /// so of two racing callers both can win; link(2) decides in the kernel.
    /// </summary>
    /// <returns>False where the name is taken.</returns>
    public static bool TryMoveNoReplace(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            return TryMoveOnWindows(from, to);
        }

        if (Link(from, to) == 0)
        {
            File.Delete(from);
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error == FileExists)
        {
            return false;
        }

        // A file system without hard links (some network and FUSE mounts): the rename that refuses to replace.
        if (OperatingSystem.IsLinux() && Rename(CurrentDirectory, from, CurrentDirectory, to, NoReplace) == 0)
        {
            return true;
        }

        if (OperatingSystem.IsLinux() && Marshal.GetLastPInvokeError() == FileExists)
        {
            return false;
        }

        throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{to}'", error);
    }

    /// <summary>Makes the names in a folder durable. Windows keeps them with the file.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw Failure(folder);
        }

        try
        {
            if (Fsync(descriptor) != 0)
            {
                throw Failure(folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static bool TryMoveOnWindows(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(to))
        {
            return false;
        }
    }

    private static IOException Failure(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
