using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;

namespace Tarn.Log.Tests;

public sealed class SegmentTopicLogContractTests : TopicLogContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override Task<TopicLog> OpenAsync() =>
        Task.FromResult<TopicLog>(new SegmentTopicLog(_directory.Path, TimeProvider.System, NullLoggerFactory.Instance));
}
