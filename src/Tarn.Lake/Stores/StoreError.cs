using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Turns the system's file errors into errors that say what to do.</summary>
internal static class StoreError
{
    private const int DiskFull = 28;
    private const int QuotaExceeded = 122;
    private const int ReadOnlyFileSystem = 30;
    private const int TooManyOpenFiles = 24;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Whether the exception is one that <see cref="From"/> explains.</summary>
    public static bool IsKnown(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static TarnException From(Exception exception, string what, string path) => exception switch
    {
        UnauthorizedAccessException => Unavailable(
            $"Permission was denied to {what} a file of the lake.", path, "Give the user that runs this program read and write access to the data directory.", exception),
        IOException { HResult: DiskFull or QuotaExceeded or WindowsDiskFull } => Unavailable(
            $"The disk is full: it was not possible to {what} a file of the lake.", path, "Free space or move the data directory; nothing that was committed is lost, and the write can be tried again.", exception),
        IOException { HResult: ReadOnlyFileSystem } => Unavailable(
            $"The file system is read-only: it was not possible to {what} a file of the lake.", path, "Mount it writable, or choose another data directory.", exception),
        IOException { HResult: TooManyOpenFiles } => Unavailable(
            $"Too many files are open: it was not possible to {what} a file of the lake.", path, "Raise the limit (ulimit -n).", exception),
        _ => Unavailable($"It was not possible to {what} a file of the lake: {exception.Message}", path, null, exception),
    };

    private static TarnException Unavailable(string rule, string path, string? remedy, Exception inner) =>
        new(ErrorKind.Unavailable, rule, path, remedy, inner);
}
