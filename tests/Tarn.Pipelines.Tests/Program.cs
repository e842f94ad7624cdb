using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Tarn.Pipelines.Tests;

/// <summary>Runs the tests, or, where a crash test starts it, the process that is to be killed.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        if (args is [CrashingProcess.Verb, ..])
        {
            return CrashingProcess.RunAsync(args[1..]);
        }

        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : ConsoleRunner.Run(args);
    }
}
