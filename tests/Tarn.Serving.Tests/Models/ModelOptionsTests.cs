using System.Text;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class ModelOptionsTests
{
    [Fact]
    public void The_defaults_are_valid()
    {
        Assert.Empty(new ModelOptions().Errors());
        Assert.Empty(new ServingOptions().Errors());
    }

    [Theory]
    [InlineData("instances", -1, nameof(ModelOptions.Instances))]
    [InlineData("instances", 257, nameof(ModelOptions.Instances))]
    [InlineData("threads", 0, nameof(ModelOptions.Threads))]
    [InlineData("maxBatchSize", 0, nameof(ModelOptions.MaxBatchSize))]
    [InlineData("maxBatchSize", 4097, nameof(ModelOptions.MaxBatchSize))]
    [InlineData("batchDelayMs", -1, nameof(ModelOptions.BatchDelay))]
    [InlineData("batchDelayMs", 10_001, nameof(ModelOptions.BatchDelay))]
    [InlineData("batchDelayMs", 1e300, nameof(ModelOptions.BatchDelay))]
    [InlineData("queueTimeoutMs", 0, nameof(ModelOptions.QueueTimeout))]
    [InlineData("queueTimeoutMs", -1e300, nameof(ModelOptions.QueueTimeout))]
    [InlineData("priorityLevels", 0, nameof(ModelOptions.PriorityLevels))]
    [InlineData("priorityLevels", 17, nameof(ModelOptions.PriorityLevels))]
    [InlineData("maxQueue", -1, nameof(ModelOptions.MaxQueue))]
    [InlineData("maxRequestBytes", 1023, nameof(ModelOptions.MaxRequestBytes))]
    [InlineData("cacheBytes", -1, nameof(ModelOptions.CacheBytes))]
    [InlineData("maxMemoryBytes", -1, nameof(ModelOptions.MaxMemoryBytes))]
    public void A_value_out_of_its_range_is_said_with_the_file_and_the_option(string name, double value, string property)
    {
        var error = Assert.Throws<TarnException>(() => Read(string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""{"{{name}}": {{value:R}}}""")));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains("pizza/model.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(property, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_said_at_once()
    {
        var error = Assert.Throws<TarnException>(() => Read("""{"threads": 0, "maxBatchSize": 8, "preferredBatchSizes": [4, 2], "maxQueue": -5}"""));
        foreach (var part in new[] { "Threads", "MaxQueue", "PreferredBatchSizes ascend", "4, 2" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("less than QueueTimeout", Assert.Single(new ModelOptions { BatchDelay = TimeSpan.FromSeconds(2), QueueTimeout = TimeSpan.FromSeconds(2) }.Errors()), StringComparison.Ordinal);
        Assert.Single(new ModelOptions { MaxBatchSize = 4, PreferredBatchSizes = [8] }.Errors());
        Assert.Contains("pizza: ", Assert.Single(new ServingOptions { Models = new Dictionary<string, ModelOptions> { ["pizza"] = new() { Threads = 0 } } }.Errors()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"maxBatchsize": 8}""")]
    [InlineData("""{"maxBatchSize": "8"}""")]
    [InlineData("""{"maxBatchSize": 8.5}""")]
    [InlineData("""{"versions": "newest"}""")]
    [InlineData("""{"versions": "latest:0"}""")]
    [InlineData("""{"versions": ""}""")]
    public void What_are_no_options_is_said_with_the_file(string json)
    {
        var error = Assert.Throws<TarnException>(() => Read(json));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains("pizza/model.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_options_can_be_given()
    {
        var options = Read("""
            {
              // As people write it.
              "versions": "latest:2", "instances": 3, "threads": 2, "maxBatchSize": 16, "preferredBatchSizes": [4, 8], "batchDelayMs": 2.5, "priorityLevels": 5,
              "maxQueue": 7, "queueTimeoutMs": 1500, "maxRequestBytes": 2048, "cacheBytes": 1000000, "joinSameRequests": true,
            }
            """);
        var expected = new ModelOptions
        {
            Versions = VersionPolicy.Latest(2),
            Instances = 3,
            Threads = 2,
            MaxBatchSize = 16,
            PreferredBatchSizes = [4, 8],
            BatchDelay = TimeSpan.FromMilliseconds(2.5),
            PriorityLevels = 5,
            MaxQueue = 7,
            QueueTimeout = TimeSpan.FromSeconds(1.5),
            MaxRequestBytes = 2048,
            CacheBytes = 1_000_000,
            JoinSameRequests = true,
        };
        Assert.Equal(expected, options);
        Assert.Equal(expected.GetHashCode(), options.GetHashCode());
        Assert.True(options.LoadsAs(expected));
        Assert.Equal(new ModelOptions(), Read("{}"));
    }

    [Fact]
    public void A_version_is_loaded_anew_where_anything_differs_but_which_versions_are_loaded()
    {
        var options = new ModelOptions { MaxBatchSize = 8, PreferredBatchSizes = [2, 4] };
        Assert.True(options.LoadsAs(options with { PreferredBatchSizes = new List<int> { 2, 4 } }));
        Assert.True(options.LoadsAs(options with { Versions = VersionPolicy.All }));
        foreach (var other in new[]
        {
            options with { PreferredBatchSizes = [4] },
            options with { Instances = 2 },
            options with { Threads = 2 },
            options with { BatchDelay = TimeSpan.FromMilliseconds(1) },
            options with { PriorityLevels = 2 },
            options with { MaxQueue = 2 },
            options with { QueueTimeout = TimeSpan.FromSeconds(1) },
            options with { MaxRequestBytes = 2000 },
            options with { CacheBytes = 2 },
            options with { JoinSameRequests = true },
        })
        {
            Assert.False(options.LoadsAs(other), other.ToString());
        }
    }

    [Theory]
    [InlineData(0, 1, 4, 4)]
    [InlineData(0, 3, 4, 1)]
    [InlineData(0, 8, 4, 1)]
    [InlineData(7, 1, 4, 7)]
    public void Instances_are_as_many_as_cores_where_nothing_says_otherwise(int instances, int threads, int cores, int expected) =>
        Assert.Equal(expected, new ModelOptions { Instances = instances, Threads = threads }.InstancesOf(cores));

    private static ModelOptions Read(string json) => ModelOptionsJson.Read(Encoding.UTF8.GetBytes(json), "pizza/model.json");
}
