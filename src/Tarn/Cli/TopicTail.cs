using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary>One <c>topics tail</c>: the records of a topic's partitions from somewhere on.</summary>
internal sealed class TopicTail(VerbCall call, string topic, int? only, string from, bool follow, int limit)
{
    private const int Page = 500;

    private readonly string _path = $"/api/v1/topics/{VerbCall.Escape(topic)}";
    private readonly Dictionary<int, long> _next = [];

    public async Task<int> RunAsync()
    {
        var start = long.TryParse(from, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset)
            ? string.Create(CultureInfo.InvariantCulture, $"offset={offset}")
            : Instants.TryParse(from, out var time)
                ? $"time={VerbCall.Escape(Instants.Show(time))}"
                : throw TarnException.InvalidInput("--from is an offset, or a time (ISO 8601).", from);
        var description = VerbCall.Read(await call.Api.GetBytesAsync(_path, call.Cancellation).ConfigureAwait(false), ApiJson.Default.TopicView);
        foreach (var partition in description.Partitions.Where(p => only is null || p.Partition == only))
        {
            _next[partition.Partition] = partition.High;
            await PrintAsync(partition.Partition, start, limit).ConfigureAwait(false);
        }

        if (_next.Count == 0)
        {
            throw TarnException.NotFound($"Topic {topic} has partitions 0 to {description.Partitions.Count - 1}.", only?.ToString(CultureInfo.InvariantCulture));
        }

        if (follow)
        {
            await FollowAsync().ConfigureAwait(false);
        }

        return 0;
    }

    private async Task FollowAsync()
    {
        try
        {
            // The stream is open before the first look, so that nothing falls between the two.
            await foreach (var (name, data) in call.Api.EventsAsync("/api/v1/events?types=topic", call.Cancellation).ConfigureAwait(false))
            {
                if (name == "topic" && JsonSerializer.Deserialize(data, ApiJson.Default.TopicEvent) is { } changed && changed.Name != topic)
                {
                    continue;
                }

                foreach (var partition in _next.Keys.ToList())
                {
                    await PrintAsync(partition, string.Create(CultureInfo.InvariantCulture, $"offset={_next[partition]}"), int.MaxValue).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (call.Cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how a follow ends.
        }
    }

    private async Task PrintAsync(int partition, string start, int most)
    {
        while (most > 0)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{_path}/records?partition={partition}&{start}&limit={Math.Min(Page, most)}");
            var json = await call.Api.GetBytesAsync(path, call.Cancellation).ConfigureAwait(false);
            using var document = JsonDocument.Parse(json);
            var count = document.RootElement.GetArrayLength();
            if (count == 0)
            {
                return;
            }

            foreach (var record in document.RootElement.EnumerateArray())
            {
                call.Terminal.Out.WriteLine(record.GetRawText());
                _next[partition] = record.GetProperty("offset").GetInt64() + 1;
            }

            call.Terminal.Out.Flush();
            start = string.Create(CultureInfo.InvariantCulture, $"offset={_next[partition]}");
            most -= count;
        }
    }
}
