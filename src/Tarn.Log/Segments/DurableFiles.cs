using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tarn.Log;

/// <summary>File operations that outlive a loss of power.</summary>
internal static partial class DurableFiles
{
    /// <summary>Replaces a file as a whole: readers see the old content or the new, never a part.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool flush = true)
    {
        var temporary = path + ".tmp";
        using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(handle, content, 0);
            if (flush)
            {
                RandomAccess.FlushToDisk(handle);
            }
        }

        File.Move(temporary, path, overwrite: true);
        if (flush)
        {
            FlushDirectory(Path.GetDirectoryName(path)!);
        }
    }

    /// <summary>
    /// Forces a directory's entries (made, renamed, removed files) to the disk. Windows keeps them with the files and has no such call.
    /// </summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int ReadOnly = 0;
        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"The directory {path} cannot be opened (errno {Marshal.GetLastPInvokeError()}).");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Sync(descriptor) != 0)
        {
            throw new IOException($"The directory {path} cannot be flushed (errno {Marshal.GetLastPInvokeError()}).");
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);
}
