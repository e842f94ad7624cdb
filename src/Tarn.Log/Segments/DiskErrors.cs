using System.Diagnostics.CodeAnalysis;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>Turns failures of the file system into errors that say what to do.</summary>
internal static class DiskErrors
{
    private const int QuotaExceeded = 122;
    private const int FileTooLarge = 27;
    private const int WindowsDiskFull = unchecked((int)0x8007_0070);

    public static bool IsDisk([NotNullWhen(true)] Exception? error) => error is IOException or UnauthorizedAccessException;

    public static TarnException Unavailable(Exception error, string doing, string path) => error.HResult switch
    {
        LogFile.NoSpace or QuotaExceeded or FileTooLarge or WindowsDiskFull => new TarnException(
            ErrorKind.Unavailable,
            $"{doing} needs space on the disk, and there is none left. What was not acknowledged is not in the log.",
            path,
            "Free some space, or shorten the topics' retention; then try again, no restart is needed.",
            error),
        _ => new TarnException(
            ErrorKind.Unavailable,
            $"{doing} failed: {error.Message} What was not acknowledged is not in the log.",
            path,
            "Check the disk and the permissions of the directory; then try again, no restart is needed.",
            error),
    };
}
