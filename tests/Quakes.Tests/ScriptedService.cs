using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Quakes.Tests;

/// <summary>A web server of a test's own that answers each request as the test says.</summary>
internal sealed class ScriptedService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();

    private ScriptedService(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public List<string> Requests { get; } = [];

    public static async Task<ScriptedService> StartAsync(Func<HttpContext, int, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static o => o.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var service = new ScriptedService(app);
        app.Run(context =>
        {
            int number;
            lock (service._gate)
            {
                service.Requests.Add(context.Request.Path + context.Request.QueryString);
                number = service.Requests.Count;
            }

            return answer(context, number);
        });
        await app.StartAsync();
        service.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return service;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
