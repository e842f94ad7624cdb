using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Tarn.Bench;

/// <summary>Threads that stay on one core, where the machine has several.</summary>
internal static partial class Core
{
    /// <summary>Runs actions, each on a thread of its own on a core, until all have ended.</summary>
    public static void Run(int core, params ReadOnlySpan<Action> actions)
    {
        ExceptionDispatchInfo? failure = null;
        var threads = new List<Thread>();
        foreach (var action in actions)
        {
            threads.Add(new Thread(() =>
            {
                try
                {
                    Pin(core);
                    action();
                }
                catch (Exception error)
                {
                    failure = ExceptionDispatchInfo.Capture(error);
                }
            }));
        }

        threads.ForEach(static t => t.Start());
        threads.ForEach(static t => t.Join());
        failure?.Throw();
    }

    private static void Pin(int core)
    {
        var mask = 1UL << core;
        if (OperatingSystem.IsLinux() && core < Environment.ProcessorCount && SetAffinity(0, sizeof(ulong), mask) != 0)
        {
            throw new InvalidOperationException($"The thread could not be kept on core {core}: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    // Zero is the calling thread.
    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint size, in ulong mask);
}
