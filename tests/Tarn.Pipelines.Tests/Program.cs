using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Tarn.Pipelines.Tests;

/// <summary>Runs the tests, or, where a crash test starts it, the process that is to be killed; for tests of child processes, such a child or its parent.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        if (args is [CrashingProcess.Verb, ..])
        {
            return CrashingProcess.RunAsync(args[1..]);
        }

        if (args is [ChildExecutorProcess.ChildVerb, var pipe])
        {
            return ChildExecutorProcess.RunChildAsync(pipe);
        }

        if (args is [ChildExecutorProcess.ParentVerb])
        {
            return ChildExecutorProcess.RunParentAsync();
        }

        if (args is [BackfillingProcess.Verb, ..])
        {
            return BackfillingProcess.RunAsync(args[1..]);
        }

        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : ConsoleRunner.Run(args);
    }
}
