using System.Globalization;

namespace Tarn.Pipelines;

/// <summary>How the end of a child process is told to people.</summary>
internal static class ChildEnds
{
    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "SIGHUP",
        [2] = "SIGINT",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [15] = "SIGTERM",
    };

    /// <summary>A process that ended before its code had.</summary>
    public static string Died(int exitCode, string lastLines)
    {
        // .NET gives 128 and the signal for a process that a signal ended; a program may exit with the same.
        var how = !OperatingSystem.IsWindows() && Signals.TryGetValue(exitCode - 128, out var signal)
            ? string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}, signal {exitCode - 128} ({signal})")
            : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}{(exitCode < 0 ? $" (0x{exitCode:X8})" : "")}");
        var hint = exitCode == 137 ? " Nothing of this program did that: the system may have run out of memory." : "";
        return lastLines.Length == 0
            ? $"The process of the attempt ended before its code had: {how}, nothing on standard error.{hint}"
            : $"The process of the attempt ended before its code had: {how}.{hint} The last lines on standard error: {lastLines}";
    }

    public static string Deaf(TimeSpan grace) =>
        string.Create(CultureInfo.InvariantCulture, $"The code went on for {grace.TotalSeconds:0.###} s after it was told to stop, and its process was killed (Pipelines:ChildProcessGrace).");

    public static string OverLimit(long limit, long resident) =>
        $"The process of the attempt was killed: it had {Mebibytes(resident)} of resident memory, and its limit is {Mebibytes(limit)}. {Remedy}";

    public static string HeapFull(long limit, long resident, string error) =>
        $"The process of the attempt could have no more memory: its limit is {Mebibytes(limit)}, and {Mebibytes(resident)} were resident when last seen. {Remedy} ← {error}";

    private const string Remedy = "Raise the task's ChildProcess(memoryLimit), or have its code hold less at a time.";

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
