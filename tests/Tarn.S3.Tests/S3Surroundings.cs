using System.Runtime.CompilerServices;

namespace Tarn.S3.Tests;

/// <summary>What the SDK's chain of credentials finds in these tests: a pair that moto takes as it takes any, and no machine's role.</summary>
internal static class S3Surroundings
{
    [ModuleInitializer]
    internal static void Set()
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "test");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "not-to-be-seen");
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
    }
}
