using Xunit;

namespace Tarn.Tests;

/// <summary>What the OpenAPI document says of how callers say who they are.</summary>
public sealed class SecuritySchemesTests
{
    [Fact]
    public async Task The_openapi_document_names_each_way_of_saying_who_one_is_and_what_is_for_everybody()
    {
        await using var server = await SecuredServer.StartAsync();
        var (status, document) = await server.AskAsync(HttpMethod.Get, "/openapi/v1.json", server.Host.LocalKey);
        Assert.Equal(200, status);

        var schemes = document!["components"]!["securitySchemes"]!.AsObject();
        Assert.Equal(["apiKey", "bearer", "session"], schemes.Select(static s => s.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("http", "bearer"), ((string?)schemes["bearer"]!["type"], (string?)schemes["bearer"]!["scheme"]));
        Assert.Equal(("apiKey", "header", "X-Api-Key"), ((string?)schemes["apiKey"]!["type"], (string?)schemes["apiKey"]!["in"], (string?)schemes["apiKey"]!["name"]));
        Assert.Equal(("apiKey", "cookie", "tarn_session"), ((string?)schemes["session"]!["type"], (string?)schemes["session"]!["in"], (string?)schemes["session"]!["name"]));
        Assert.DoesNotContain("JWT", (string?)schemes["bearer"]!["description"], StringComparison.Ordinal);

        // One of them, not all together.
        Assert.Equal(["apiKey", "bearer", "session"], document["security"]!.AsArray().Select(static r => Assert.Single(r!.AsObject()).Key).Order(StringComparer.Ordinal));
        var open = document["paths"]!.AsObject()
            .SelectMany(static p => p.Value!.AsObject().Where(static o => o.Value!["security"] is not null).Select(o => (Name: $"{o.Key.ToUpperInvariant()} {p.Key}", Security: o.Value!["security"]!)))
            .ToList();
        Assert.Equal(["DELETE /api/v1/session", "GET /health/live", "GET /health/ready", "POST /api/v1/session"], open.Select(static o => o.Name).Order(StringComparer.Ordinal));
        Assert.All(open, static o => Assert.Empty(o.Security.AsArray()));
    }

    [Fact]
    public async Task Where_nobody_is_asked_the_openapi_document_asks_for_nothing()
    {
        await using var server = await SecuredServer.StartAsync(("Security:Authentication", "none"));
        var (status, document) = await server.AskAsync(HttpMethod.Get, "/openapi/v1.json", null);

        Assert.Equal(200, status);
        Assert.Null(document!["security"]);
        Assert.Null(document["components"]!["securitySchemes"]);
    }
}
