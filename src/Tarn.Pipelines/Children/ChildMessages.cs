using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>The first line on a child's standard input.</summary>
/// <param name="Input">What the program needs to open its services.</param>
/// <param name="Order">The attempt.</param>
/// <param name="TraceParent">The span that the child's belong to, as W3C's trace context writes it in <c>traceparent</c>; null where nobody traces.</param>
/// <param name="TraceState">What goes with it in <c>tracestate</c>.</param>
internal sealed record ChildOrder(string? Input, AttemptOrder Order, string? TraceParent = null, string? TraceState = null);

/// <summary>What a child says over its pipe, a line each: one of the three.</summary>
internal sealed record ChildMessage(ChildLogLine? Line = null, ChildValue? Value = null, AttemptReport? End = null)
{
    /// <summary>The line on standard input that tells the code to stop.</summary>
    public const string Stop = "stop";

    public string ToLine() => JsonSerializer.Serialize(this, PipelineJson.Options);

    public static ChildMessage Parse(string line) => JsonSerializer.Deserialize<ChildMessage>(line, PipelineJson.Options)!;
}

/// <summary>A line of the attempt's log.</summary>
internal sealed record ChildLogLine(LogLevel Level, string Category, string Message, string? Exception, string? Fields);

/// <summary>A value that the code reported.</summary>
internal sealed record ChildValue(string Name, JsonElement Value);
