using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Tarn.Tests;

/// <summary>Runs the tests, or, where a server of the tests starts it for an attempt, the tests' program.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        if (args is [RunAttemptVerb.Name, ..])
        {
            return NotesProgram.Create(args).Build().RunAsync();
        }

        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : ConsoleRunner.Run(args);
    }
}
