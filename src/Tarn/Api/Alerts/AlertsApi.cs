using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;

namespace Tarn;

/// <summary>Alerts and their channels. No answer has a channel's secrets.</summary>
internal static class AlertsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/alerts").WithTags("alerts");
        group.MapGet("/", static async (string? before, int? limit, AlertHistory alerts, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<AlertView>>([.. (await alerts.ListAsync(before, Require.Range("limit", limit ?? 50, 1, 1000), cancellation)).Select(Of)]))
            .WithSummary("Alerts, newest first, with what became of each at each channel; page with before = the last id.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/channels", static async (AlertHistory alerts, CancellationToken cancellation) =>
            TypedResults.Ok<IReadOnlyList<AlertChannelView>>([.. (await alerts.ChannelsAsync(cancellation)).Select(static c =>
                new AlertChannelView(c.Name, c.Type, c.IsDefault, c.Waiting, c.LastSuccessAt, c.LastErrorAt, c.LastError, c.PausedUntil))]))
            .WithSummary("The channels that alerts go to, and how each is doing.");
        group.MapPost("/channels/{channel}/test", static async (string channel, AlertDelivery delivery, AlertOutbox outbox, CancellationToken cancellation) =>
        {
            var result = await delivery.TestAsync(channel, cancellation);
            return TypedResults.Ok(new AlertTestView(channel, outbox.Channels.Get(channel).Type, result.IsSent, result.Error ?? result.Note));
        })
            .WithSummary("Sends a test alert by a channel, and says how it went.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static AlertView Of(AlertEntry entry)
    {
        var alert = entry.Recorded.Alert;
        return new AlertView(
            entry.Recorded.Id,
            alert.Kind,
            alert.Severity.ToString().ToLowerInvariant(),
            alert.Subject,
            alert.Title ?? "",
            alert.Text,
            alert.Fields,
            alert.GroupKey,
            alert.OccurredAt,
            [.. entry.Deliveries.Select(static d => new AlertDeliveryView(d.Channel, d.State, d.Attempts, d.DueAt, d.EndedAt, d.Error))]);
    }
}
